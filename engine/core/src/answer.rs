//! Answers of look-ups, with what was asked.
//!
//! A look-up is asked anew for every plan. Its last answer is kept with the state: it stands in where nobody answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::secrecy::revealed;
use crate::value::{Map, Str, Value};

/// What a look-up was asked, and what it answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The look-up's kind.
    pub kind: Str,
    /// The region it was asked in; `None` for one that is asked in none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Str>,
    /// Its arguments.
    pub args: Map<Value>,
    /// The answer.
    pub outputs: Map<Value>,
}

impl Answer {
    /// The value of an attribute: answered, or asked with.
    pub fn attribute(&self, name: &str) -> Option<Value> {
        self.outputs.get(name).or_else(|| self.args.get(name)).cloned()
    }
}

/// The text of a question. It stays in memory: it may hold a secret.
fn question(kind: &str, region: Option<&Str>, args: &Map<Value>) -> String {
    let region = region.map_or("", |region| region);
    format!("{kind} {region} {}", Value::Map(revealed(args).into_owned()).to_json())
}

/// The last answers of an environment's look-ups.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Answer>", into = "Vec<Answer>")]
pub struct Answers(BTreeMap<String, Answer>);

impl From<Vec<Answer>> for Answers {
    fn from(all: Vec<Answer>) -> Answers {
        let keyed = all.into_iter().map(|one| (question(&one.kind, one.region.as_ref(), &one.args), one));
        Answers(keyed.collect())
    }
}

impl From<Answers> for Vec<Answer> {
    fn from(answers: Answers) -> Vec<Answer> {
        answers.0.into_values().collect()
    }
}

impl Answers {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What was last answered to this.
    pub fn get(&self, kind: &str, region: Option<&Str>, args: &Map<Value>) -> Option<&Map<Value>> {
        Some(&self.0.get(&question(kind, region, args))?.outputs)
    }

    /// Takes an answer, in place of the last one to the same. Says whether that changes anything.
    pub fn learn(&mut self, answer: Answer) -> bool {
        let question = question(&answer.kind, answer.region.as_ref(), &answer.args);
        match self.0.get(&question) {
            Some(known) if revealed(&known.outputs) == revealed(&answer.outputs) => false,
            _ => {
                self.0.insert(question, answer);
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(region: &str, name: &str, found: i64) -> Answer {
        Answer {
            kind: "t.lookup".into(),
            region: Some(region.into()),
            args: Map::from([("name".into(), Value::str(name))]),
            outputs: Map::from([("found".into(), Value::Int(found))]),
        }
    }

    #[test]
    fn the_last_answer_to_a_question_counts() {
        let mut answers = Answers::default();
        assert!(answers.learn(answer("r2", "a", 1)) && answers.learn(answer("r1", "b", 2)));
        assert!(!answers.learn(answer("r2", "a", 1)), "nothing new");
        assert!(answers.learn(answer("r2", "a", 3)));
        let get = |region: &str, name: &str| {
            let args = Map::from([("name".into(), Value::str(name).secret())]);
            answers.get("t.lookup", Some(&region.into()), &args).map(|outputs| outputs["found"].clone())
        };
        assert_eq!((get("r2", "a"), get("r1", "b"), get("r1", "a")), (Some(Value::Int(3)), Some(Value::Int(2)), None));
        let text = serde_json::to_string(&answers).unwrap();
        assert_eq!(serde_json::from_str::<Answers>(&text).unwrap(), answers);
    }

    #[test]
    fn an_answer_has_its_question_as_attributes_too() {
        let one = answer("r1", "a", 1);
        assert_eq!((one.attribute("found"), one.attribute("name")), (Some(Value::Int(1)), Some(Value::str("a"))));
        assert_eq!(one.attribute("other"), None);
    }
}
