//! Signatures: how each function of the language is called.

/// Names, and how each is called.
pub(crate) const ALL: &[(&str, &str)] = &[
    ("abs", "abs(number)"),
    ("all", "list.all(|item| ..)"),
    ("allow", "allow(actions, resources) or allow(actions, resources, #{ Condition, Principal, Sid })"),
    ("base64", "base64(text)"),
    ("ceiling", "ceiling(number)"),
    ("cidr_host", "cidr_host(range, number)"),
    ("cidr_subnet", "cidr_subnet(range, bits, number)"),
    ("component", "component(name, || ..) or component(name, #{ region, tags, moved_from }, || ..)"),
    ("contains", "value.contains(part)"),
    ("deny", "deny(actions, resources) or deny(actions, resources, #{ Condition, Principal, Sid })"),
    ("ends_with", "text.ends_with(end)"),
    ("filter", "list.filter(|item| ..)"),
    ("find", "list.find(|item| ..)"),
    ("first", "list.first()"),
    ("flatten", "list.flatten()"),
    ("floor", "floor(number)"),
    ("from_base64", "from_base64(text)"),
    ("from_json", "from_json(text)"),
    ("get", "map.get(key)"),
    ("index_of", "list.index_of(item)"),
    ("insert", "list.insert(index, item)"),
    ("is_empty", "value.is_empty()"),
    ("join", "list.join(separator)"),
    ("keys", "map.keys()"),
    ("last", "list.last()"),
    ("len", "value.len()"),
    ("map", "list.map(|item| ..)"),
    ("max", "max(a, b)"),
    ("min", "min(a, b)"),
    ("monthly_budget", "monthly_budget(dollars) or monthly_budget(dollars, #{ refuse: true })"),
    ("note", "note(text)"),
    ("opts", "opts(given, #{ name: default, other: required() })"),
    ("output", "output(name, value)"),
    ("param", "param(meaning, default) or param(meaning, default, #{ one_of, pattern, min, max, sensitive })"),
    ("parse_int", "parse_int(text)"),
    ("policy", "policy([statements])"),
    ("pop", "list.pop()"),
    ("print", "print(value)"),
    ("program", "program(#{ name: param(meaning, default) })"),
    ("push", "list.push(item)"),
    ("range", "range(start, end) or range(start, end, step)"),
    ("recovery", "recovery(#{ rto, rpo, traffic, tolerates, refuse })"),
    ("reduce", "list.reduce(|sum, item| .., start)"),
    ("region", "region()"),
    ("remove", "list.remove(index) or map.remove(key)"),
    ("repeat", "value.repeat(times)"),
    ("replaced", "text.replaced(part, other)"),
    ("required", "required()"),
    (
        "required_param",
        "required_param(meaning, type) or required_param(meaning, type, #{ one_of, pattern, min, max, sensitive })",
    ),
    ("reversed", "value.reversed()"),
    ("round", "round(number)"),
    ("secret_param", "secret_param(meaning) or secret_param(meaning, #{ pattern, min, max })"),
    ("set", "map.set(key, value)"),
    ("sha256", "sha256(text)"),
    ("slice", "list.slice(start, length)"),
    ("some", "list.some(|item| ..)"),
    ("sorted", "list.sorted() or list.sorted(|a, b| ..)"),
    ("split", "text.split(separator)"),
    ("starts_with", "text.starts_with(start)"),
    ("sub_string", "text.sub_string(start) or text.sub_string(start, length)"),
    ("to_float", "to_float(number)"),
    ("to_int", "to_int(number)"),
    ("to_json", "to_json(value)"),
    ("to_lower", "text.to_lower()"),
    ("to_string", "value.to_string()"),
    ("to_upper", "text.to_upper()"),
    ("trimmed", "text.trimmed()"),
    ("trust", "trust(service) or trust(service, #{ Condition })"),
    ("unique", "list.unique()"),
    ("values", "map.values()"),
    ("warn", "warn(text)"),
    ("zip", "list.zip(other)"),
];

/// How a function of the language is called.
pub(crate) fn of(name: &str) -> Option<&'static str> {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, signature)| *signature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::natives::natives;
    use crate::request::Limits;
    use dr_core::registry::Registry;
    use std::collections::BTreeSet;

    #[test]
    fn each_function_of_the_language_has_its_signature() {
        let registry = Registry::new([]);
        let natives = natives(&crate::engine::build(&registry, &Limits::default()));
        // What Rhai has of ranges and numbers for its loops.
        let of_loops = ["bits", "chars", "end", "is_exclusive", "is_inclusive", "start"];
        let there: BTreeSet<&str> = natives.keys().map(String::as_str).filter(|n| !of_loops.contains(n)).collect();
        let told: BTreeSet<&str> = ALL.iter().map(|(name, _)| *name).collect();
        assert_eq!(told, there);
    }
}
