//! What a listener does, in the service's types and back.
//!
//! The service says of a single target group both that it is the one and that it is one of one; what was given decides
//! which of the two is read.

use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, FixedResponseActionConfig, ForwardActionConfig, RedirectActionConfig,
    RedirectActionStatusCodeEnum, TargetGroupStickinessConfig, TargetGroupTuple,
};
use dr_kinds::elbv2::{FixedResponse, Forward, ForwardTarget, ListenerAction, Redirect};

use crate::connect::small;

/// The action that says what the argument says.
pub(super) fn made(action: &ListenerAction) -> Action {
    let forward = action.forward.as_ref().map(|forward| {
        let group = |target: &ForwardTarget| {
            let group = TargetGroupTuple::builder().target_group_arn(&target.target_group_arn);
            group.weight(small(target.weight)).build()
        };
        let sticky = TargetGroupStickinessConfig::builder().enabled(forward.stickiness_seconds.is_some());
        let sticky = sticky.set_duration_seconds(forward.stickiness_seconds.map(small)).build();
        let groups = forward.target_groups.iter().map(group).collect();
        ForwardActionConfig::builder().set_target_groups(Some(groups)).target_group_stickiness_config(sticky).build()
    });
    let redirect = action.redirect.as_ref().map(|redirect| {
        let to = RedirectActionConfig::builder().protocol(&redirect.protocol).host(&redirect.host);
        let to = to.port(&redirect.port).path(&redirect.path).query(&redirect.query);
        to.status_code(RedirectActionStatusCodeEnum::from(redirect.status_code.as_str())).build()
    });
    let fixed = action.fixed_response.as_ref().map(|fixed| {
        let answer = FixedResponseActionConfig::builder().status_code(&fixed.status_code);
        answer.content_type(&fixed.content_type).message_body(&fixed.message_body).build()
    });
    let made = Action::builder().r#type(ActionTypeEnum::from(action.r#type.as_str()));
    let made = made.set_target_group_arn(action.target_group_arn.clone()).set_forward_config(forward);
    made.set_redirect_config(redirect).set_fixed_response_config(fixed).build()
}

/// What an action says. Actions of types that are none of ours cannot be said.
pub(super) fn read(action: &Action, last: Option<&ListenerAction>) -> Option<ListenerAction> {
    let kind = action.r#type()?.as_str().to_owned();
    let forward = action.forward_config().map(|forward| {
        let target = |group: &TargetGroupTuple| {
            let target_group_arn = group.target_group_arn.clone()?;
            Some(ForwardTarget { target_group_arn, weight: group.weight.map_or(1, i64::from) })
        };
        let sticky = forward.target_group_stickiness_config().filter(|sticky| sticky.enabled == Some(true));
        Forward {
            target_groups: forward.target_groups().iter().filter_map(target).collect(),
            stickiness_seconds: sticky.and_then(|sticky| sticky.duration_seconds).map(i64::from),
        }
    });
    let single =
        forward.as_ref().is_none_or(|forward| forward.target_groups.len() == 1 && forward.stickiness_seconds.is_none());
    let plainly = single && last.is_none_or(|last| last.forward.is_none());
    let only =
        || forward.as_ref().and_then(|forward| forward.target_groups.first()).map(|t| t.target_group_arn.clone());
    let target_group_arn = if plainly { action.target_group_arn.clone().or_else(only) } else { None };
    let text = |text: Option<&str>, otherwise: &str| text.unwrap_or(otherwise).to_owned();
    Some(ListenerAction {
        r#type: kind,
        target_group_arn,
        forward: forward.filter(|_| !plainly),
        redirect: action.redirect_config().map(|to| Redirect {
            status_code: text(to.status_code().map(|code| code.as_str()), "HTTP_301"),
            protocol: text(to.protocol(), "#{protocol}"),
            host: text(to.host(), "#{host}"),
            port: text(to.port(), "#{port}"),
            path: text(to.path(), "/#{path}"),
            query: text(to.query(), "#{query}"),
        }),
        fixed_response: action.fixed_response_config().map(|fixed| FixedResponse {
            status_code: text(fixed.status_code(), ""),
            content_type: text(fixed.content_type(), "text/plain"),
            message_body: text(fixed.message_body(), ""),
        }),
    })
}
