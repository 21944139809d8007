//! Forms: the grammars by name, as data that a field's condition can hold.

/// What a text or document must say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Grammar {
    /// A range of IPv4 addresses whose prefix has a length between these two.
    Cidr(u8, u8),
    /// A range of IPv6 addresses.
    Cidr6,
    /// A schedule: `cron(..)`, or `rate(..)` in one of these units.
    Schedule(&'static [&'static str]),
    /// The ARN of such a thing.
    Arn(&'static Arn),
    /// A name of these characters, in the notation of [`crate::schema::NameRule::chars`], or the ARN.
    NameOrArn(&'static Arn, &'static str),
    /// A key of KMS: its id, its ARN, or an alias of it.
    Key,
    /// An e-mail address.
    Email,
    /// A web address of this scheme.
    Url(&'static str),
    /// A telephone number in the international form.
    Phone,
}

/// What the ARN of something looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arn {
    /// What has such ARNs, with its article: `a KMS key`.
    pub what: &'static str,
    /// Service and start of the resource, one of: `kms:key/`. After `sns:@` the resource is a single name. None of them:
    /// any ARN.
    pub of: &'static [&'static str],
    /// Whether `*` and `?` may stand for anything.
    pub wild: bool,
    /// A whole one.
    pub example: &'static str,
}

impl Arn {
    const fn new(what: &'static str, of: &'static [&'static str], example: &'static str) -> Arn {
        Arn { what, of, wild: false, example }
    }
}

impl Grammar {
    /// What it asks for, as what follows "must be".
    pub fn describe(self) -> String {
        match self {
            Grammar::Cidr(0, 32) => "a range of IPv4 addresses".to_owned(),
            Grammar::Cidr(least, most) => format!("a range of IPv4 addresses from /{least} to /{most}"),
            Grammar::Cidr6 => "a range of IPv6 addresses".to_owned(),
            Grammar::Schedule(_) => "a schedule".to_owned(),
            Grammar::Arn(arn) => format!("the ARN of {}", arn.what),
            Grammar::NameOrArn(arn, _) => format!("the name or ARN of {}", arn.what),
            Grammar::Key => "the id, ARN or alias of a KMS key".to_owned(),
            Grammar::Email => "an e-mail address".to_owned(),
            Grammar::Url(scheme) => format!("an {scheme} address"),
            Grammar::Phone => "a telephone number in the international form".to_owned(),
        }
    }

    /// A text or document that says it right.
    pub fn example(self) -> &'static str {
        match self {
            Grammar::Cidr(..) => "10.0.0.0/16",
            Grammar::Cidr6 => "2001:db8::/32",
            Grammar::Schedule(units) if units.contains(&"minute") => "rate(5 minutes)",
            Grammar::Schedule(_) => "rate(10 days)",
            Grammar::Arn(arn) | Grammar::NameOrArn(arn, _) => arn.example,
            Grammar::Key => arns::KEY.example,
            Grammar::Email => "ops@payments.org",
            Grammar::Url("http") => "http://hooks.payments.org/alarms",
            Grammar::Url(_) => "https://hooks.payments.org/alarms",
            Grammar::Phone => "+15551234567",
        }
    }
}

/// The units of a rate.
pub mod units {
    /// EventBridge's.
    pub const EVENTS: &[&str] = &["minute", "hour", "day"];
    /// Those of a rotation of secrets.
    pub const ROTATION: &[&str] = &["hour", "day"];
}

/// The characters of names that can stand for an ARN.
pub mod names {
    /// Of an event bus; those of partners' buses have strokes.
    pub const BUS: &str = "/A-Za-z0-9_.-";
    /// Of a secret.
    pub const SECRET: &str = "A-Za-z0-9/_+=.@-";
}

/// What the ARNs of things look like; from the "Service Authorization Reference", as read in November 2026.
pub mod arns {
    use super::Arn;

    /// Anything that has an ARN.
    pub const ANY: Arn = Arn::new("a resource", &[], "arn:aws:sqs:us-east-1:123456789012:orders");
    /// One of several resources, or a pattern of them.
    pub const PATTERN: Arn = Arn {
        wild: true,
        ..Arn::new("a resource", &[], "arn:aws:execute-api:us-east-1:123456789012:abc123/*/GET/orders")
    };
    /// A key. An alias stands for its key.
    pub const KEY: Arn = Arn::new(
        "a KMS key",
        &["kms:key/", "kms:alias/"],
        "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    );
    /// A topic.
    pub const TOPIC: Arn = Arn::new("an SNS topic", &["sns:@"], "arn:aws:sns:us-east-1:123456789012:alarms");
    /// A queue.
    pub const QUEUE: Arn = Arn::new("an SQS queue", &["sqs:@"], "arn:aws:sqs:us-east-1:123456789012:orders");
    /// A queue or topic.
    pub const QUEUE_OR_TOPIC: Arn =
        Arn::new("an SQS queue or an SNS topic", &["sqs:@", "sns:@"], "arn:aws:sqs:us-east-1:123456789012:orders");
    /// A role.
    pub const ROLE: Arn = Arn::new("an IAM role", &["iam:role/"], "arn:aws:iam::123456789012:role/orders");
    /// A role, or the caller's own permissions.
    pub const CREDENTIALS: Arn = Arn {
        wild: true,
        ..Arn::new(
            "an IAM role, user or group",
            &["iam:role/", "iam:user/", "iam:group/"],
            "arn:aws:iam::123456789012:role/orders",
        )
    };
    /// A managed policy.
    pub const POLICY: Arn = Arn::new("an IAM policy", &["iam:policy/"], "arn:aws:iam::123456789012:policy/orders");
    /// A certificate.
    pub const CERTIFICATE: Arn = Arn::new(
        "a certificate",
        &["acm:certificate/", "iam:server-certificate/"],
        "arn:aws:acm:us-east-1:123456789012:certificate/1234abcd-12ab-34cd-56ef-1234567890ab",
    );
    /// A load balancer.
    pub const LOAD_BALANCER: Arn = Arn::new(
        "a load balancer",
        &["elasticloadbalancing:loadbalancer/"],
        "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/orders/50dc6c495c0c9188",
    );
    /// A target group.
    pub const TARGET_GROUP: Arn = Arn::new(
        "a target group",
        &["elasticloadbalancing:targetgroup/"],
        "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/orders/73e2d6bc24d8a067",
    );
    /// A function.
    pub const FUNCTION: Arn =
        Arn::new("a Lambda function", &["lambda:function:"], "arn:aws:lambda:us-east-1:123456789012:function:orders");
    /// A version of a layer of functions.
    pub const LAYER: Arn = Arn::new(
        "a version of a Lambda layer",
        &["lambda:layer:"],
        "arn:aws:lambda:us-east-1:123456789012:layer:orders:1",
    );
    /// A secret.
    pub const SECRET: Arn = Arn::new(
        "a secret",
        &["secretsmanager:secret:"],
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:orders-AbCdEf",
    );
    /// A log group.
    pub const LOG_GROUP: Arn =
        Arn::new("a log group", &["logs:log-group:"], "arn:aws:logs:us-east-1:123456789012:log-group:/orders");
    /// A stream of Firehose.
    pub const DELIVERY_STREAM: Arn = Arn::new(
        "a Firehose stream",
        &["firehose:deliverystream/"],
        "arn:aws:firehose:us-east-1:123456789012:deliverystream/orders",
    );
    /// An app on a device that gets messages.
    pub const APP: Arn = Arn::new(
        "an endpoint of a mobile app",
        &["sns:endpoint/"],
        "arn:aws:sns:us-east-1:123456789012:endpoint/GCM/orders/1234abcd-12ab-34cd-56ef-1234567890ab",
    );
    /// A bucket.
    pub const BUCKET: Arn = Arn::new("an S3 bucket", &["s3:@"], "arn:aws:s3:::orders");
    /// An event bus.
    pub const BUS: Arn =
        Arn::new("an event bus", &["events:event-bus/"], "arn:aws:events:us-east-1:123456789012:event-bus/orders");
    /// What an alarm can do.
    pub const ALARM_ACTION: Arn = Arn::new(
        "an SNS topic, or of another action of an alarm",
        &["sns:@", "lambda:function:", "automate:", "autoscaling:", "ssm:", "ssm-incidents:", "aiops:", "swf:"],
        "arn:aws:sns:us-east-1:123456789012:alarms",
    );
}
