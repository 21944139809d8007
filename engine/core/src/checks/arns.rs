//! ARNs, as far as a check reads them, and where what an argument refers to lives.

use super::planned::{Planned, Resource};

/// A part of an ARN by its number: `arn:aws:sqs:us-east-1:123456789012:orders` has the service as the third part.
fn part(arn: &str, number: usize) -> Option<&str> {
    let mut parts = arn.splitn(6, ':');
    (parts.next() == Some("arn")).then_some(())?;
    parts.nth(number - 2).filter(|part| !part.is_empty())
}

/// The service of an ARN: `sqs`.
pub(super) fn service(arn: &str) -> Option<&str> {
    part(arn, 3)
}

/// The region of an ARN; none where it has none.
pub(super) fn region(arn: &str) -> Option<&str> {
    part(arn, 4).filter(|region| !region.contains(['*', '?']))
}

/// The region of what an argument refers to: of the resource that it is read from, or of the ARN that it is.
pub(super) fn region_at<'a>(planned: &Planned<'a>, resource: &Resource<'a>, path: &str) -> Option<&'a str> {
    if let Some(target) = planned.target(resource, path) {
        return target.region;
    }
    let reads = resource.reads(path);
    let mut read = reads.iter().map(|read| &read.address);
    match (read.next(), read.next()) {
        (None, _) => resource.text(path).and_then(region),
        (Some(one), None) => planned.get(one)?.region,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_an_arn_are_where_they_should_be() {
        let queue = "arn:aws:sqs:us-east-1:123456789012:orders";
        assert_eq!((service(queue), region(queue)), (Some("sqs"), Some("us-east-1")));
        let role = "arn:aws:iam::123456789012:role/a:b";
        assert_eq!((service(role), region(role)), (Some("iam"), None));
        for other in ["", "arn", "orders", "arn:aws", "https://sqs.us-east-1.amazonaws.com/1/orders"] {
            assert_eq!((service(other), region(other)), (None, None), "{other}");
        }
        assert_eq!(region("arn:aws:sqs:*:123456789012:orders"), None);
    }
}
