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
    /// A policy of this use.
    Policy(&'static PolicyUse),
    /// An event pattern, or a filter written like one: its probable outermost fields, and the characters it may have.
    Pattern(&'static [&'static str], usize),
    /// A definition in the Amazon States Language.
    StateMachine,
    /// The body of a dashboard.
    Dashboard,
}

/// What the ARN of something looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arn {
    /// What has such ARNs, with its article: `a KMS key`.
    pub what: &'static str,
    /// Service and start of the resource, one of: `kms:key/`. After `sns:@` the resource is a single name. None of them:
    /// any ARN.
    pub of: &'static [&'static str],
    /// Whether `*`, `?` and variables such as `${aws:username}` may stand for anything.
    pub wild: bool,
    /// A whole one.
    pub example: &'static str,
}

impl Arn {
    const fn new(what: &'static str, of: &'static [&'static str], example: &'static str) -> Arn {
        Arn { what, of, wild: false, example }
    }
}

/// What a policy is for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PolicyUse {
    /// What messages call it: `the policy of a bucket`.
    pub what: &'static str,
    /// Whether its statements name a principal.
    pub principal: Principal,
    /// Whether its statements must name a resource; none where they must not.
    pub resource: Option<bool>,
    /// The service whose actions alone it speaks of; empty where it speaks of any.
    pub service: &'static str,
    /// Whether it is a single statement.
    pub statement: bool,
    /// The characters that it may have.
    pub most: usize,
    /// One that is right.
    pub example: &'static str,
}

/// Whether the statements of a policy say whom they are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Principal {
    /// They must.
    Needed,
    /// They may.
    Open,
    /// They must not: the policy is about the identity that it is attached to.
    Refused,
}

impl PolicyUse {
    const fn identity(what: &'static str, most: usize) -> PolicyUse {
        PolicyUse {
            what,
            principal: Principal::Refused,
            resource: Some(true),
            service: "",
            statement: false,
            most,
            example: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#,
        }
    }

    const fn resource(what: &'static str, service: &'static str, most: usize, example: &'static str) -> PolicyUse {
        PolicyUse { principal: Principal::Needed, service, example, ..PolicyUse::identity(what, most) }
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
            Grammar::Policy(policy) => policy.what.to_owned(),
            Grammar::Pattern(..) => "an event pattern".to_owned(),
            Grammar::StateMachine => "a state machine in the Amazon States Language".to_owned(),
            Grammar::Dashboard => "the body of a dashboard".to_owned(),
        }
    }

    /// Whether it is that of a text, and not of a document.
    pub fn is_of_texts(self) -> bool {
        !matches!(self, Grammar::Policy(_) | Grammar::Pattern(..) | Grammar::StateMachine | Grammar::Dashboard)
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
            Grammar::Policy(policy) => policy.example,
            Grammar::Pattern(..) => r#"{"source":["orders"],"detail":{"amount":[{"numeric":[">",100]}]}}"#,
            Grammar::StateMachine => r#"{"StartAt":"Done","States":{"Done":{"Type":"Succeed"}}}"#,
            Grammar::Dashboard => {
                r##"{"widgets":[{"type":"text","width":24,"height":2,"properties":{"markdown":"# Orders"}}]}"##
            }
        }
    }
}

/// Everything that a kind says about the form of an argument.
pub mod said {
    pub use super::Grammar::*;
    pub use super::{arns, fields, names, policies, units};
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

/// The outermost fields of patterns.
pub mod fields {
    /// Of an event.
    pub const EVENT: &[&str] =
        &["version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail", "replay-name"];
    /// Of a message, which has any.
    pub const ANY: &[&str] = &[];
}

/// The uses of policies; sizes from the quotas of IAM and of each service, as read in November 2026.
pub mod policies {
    use super::{PolicyUse, Principal};

    /// Written into a role. All of a role's together may have as many characters.
    pub const INLINE: PolicyUse = PolicyUse::identity("a policy written into a role", 10_240);
    /// Shared by roles.
    pub const MANAGED: PolicyUse = PolicyUse::identity("a managed policy", 6_144);
    /// Who may be a role. The quota is 2,048 characters and can be raised to this.
    pub const TRUST: PolicyUse = PolicyUse {
        resource: None,
        ..PolicyUse::resource(
            "a trust policy",
            "sts",
            4_096,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#,
        )
    };
    /// Of a bucket.
    pub const BUCKET: PolicyUse = PolicyUse::resource(
        "the policy of a bucket",
        "s3",
        20_480,
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::orders/*"}]}"#,
    );
    /// Of a topic.
    pub const TOPIC: PolicyUse = PolicyUse::resource(
        "the policy of a topic",
        "sns",
        30_720,
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"},"Action":"sns:Publish","Resource":"*"}]}"#,
    );
    /// Of a queue.
    pub const QUEUE: PolicyUse = PolicyUse {
        resource: Some(false),
        ..PolicyUse::resource(
            "the policy of a queue",
            "sqs",
            8_192,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*"}]}"#,
        )
    };
    /// Of a key.
    pub const KEY: PolicyUse = PolicyUse::resource(
        "the policy of a key",
        "",
        32_768,
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"kms:*","Resource":"*"}]}"#,
    );
    /// Of a secret.
    pub const SECRET: PolicyUse = PolicyUse::resource(
        "the policy of a secret",
        "",
        20_480,
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"secretsmanager:GetSecretValue","Resource":"*"}]}"#,
    );
    /// Of a REST API.
    pub const API: PolicyUse = PolicyUse::resource(
        "the policy of an API",
        "execute-api",
        8_192,
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"execute-api:/*"}]}"#,
    );
    /// Of an endpoint in a network.
    pub const ENDPOINT: PolicyUse = PolicyUse {
        principal: Principal::Open,
        ..PolicyUse::resource(
            "the policy of an endpoint",
            "",
            20_480,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#,
        )
    };
    /// One statement about an event bus.
    pub const BUS: PolicyUse = PolicyUse {
        statement: true,
        ..PolicyUse::resource(
            "a statement about an event bus",
            "events",
            10_240,
            r#"{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"events:PutEvents","Resource":"arn:aws:events:us-east-1:123456789012:event-bus/orders"}"#,
        )
    };
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
    /// What a policy is about.
    pub const RESOURCES: Arn = Arn { wild: true, ..Arn::new("a resource", &[], "arn:aws:s3:::orders/*") };
    /// Who a policy is about.
    pub const IDENTITY: Arn = Arn {
        wild: true,
        ..Arn::new("an account, a role or a user", &["iam:", "sts:"], "arn:aws:iam::123456789012:role/orders")
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
