//! `ssm.parameter`: lifecycle. The id is the parameter's name.
//!
//! The value and the type are read with the parameter, a secret decrypted; everything else is told by a listing, which
//! Systems Manager allows few of a second.

use aws_sdk_ssm::types::{
    ParameterMetadata, ParameterStringFilter, ParameterTier, ParameterType, ResourceTypeForTagging, Tag,
};
use dr_core::cloud::{Intent, Settled};
use dr_core::convert::SecretText;
use dr_kinds::ssm::{SsmParameter, SsmParameterOut};

use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, gone};
use crate::tags;

impl Lifecycle for SsmParameter {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        let tagged = list_tags(cx, &args.name).await?;
        Ok(tagged.filter(|tagged| tags::ours(&**tagged, intent)).map(|_| args.name.clone()))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let parameter = cx.ssm().put_parameter().name(&args.name).overwrite(false);
        let parameter = parameter.r#type(ParameterType::from(args.r#type.as_str())).value(&args.value.0);
        let parameter = parameter.set_description(Some(args.description.clone()).filter(|text| !text.is_empty()));
        let parameter = parameter.tier(ParameterTier::from(args.tier.as_str())).set_key_id(args.key_id.clone());
        let parameter = parameter.set_allowed_pattern(args.allowed_pattern.clone()).data_type(&args.data_type);
        let parameter = parameter.set_tags(Some(tags::list(tags::given(&args.tags, intent))));
        cx.call("ssm:PutParameter", parameter.send()).await?;
        Ok(args.name.clone())
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, SsmParameterOut)>> {
        let parameter = cx.ssm().get_parameter().name(id).with_decryption(true).send();
        let reply = cx.call("ssm:GetParameter", parameter).await.found()?;
        let Some(parameter) = reply.and_then(|reply| reply.parameter) else { return Ok(None) };
        let about = about(cx, id).await?;
        let Some(tagged) = list_tags(cx, id).await? else { return Ok(None) };
        let tier = about.tier.map_or_else(|| last.tier.clone(), |tier| tier.as_str().to_owned());
        let live = SsmParameter {
            r#type: parameter.r#type.map_or_else(|| last.r#type.clone(), |kind| kind.as_str().to_owned()),
            value: parameter.value.map_or_else(|| last.value.clone(), SecretText),
            description: about.description.unwrap_or_default(),
            // Where Systems Manager was to choose, what it chose is no difference.
            tier: if last.tier == ParameterTier::IntelligentTiering.as_str() { last.tier.clone() } else { tier },
            key_id: about.key_id,
            allowed_pattern: about.allowed_pattern.filter(|pattern| !pattern.is_empty()),
            data_type: parameter.data_type.unwrap_or_else(|| "text".to_owned()),
            tags: tags::user(&*tagged),
            ..last.clone()
        };
        let path = id.trim_start_matches('/');
        let arn = parameter.arn.unwrap_or_else(|| cx.arn("ssm", &format!("parameter/{path}")));
        Ok(Some((live, SsmParameterOut { arn, version: parameter.version })))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        if (SsmParameter { tags: old.tags.clone(), ..new.clone() }) != *old {
            let parameter = cx.ssm().put_parameter().name(id).overwrite(true);
            let parameter = parameter.r#type(ParameterType::from(new.r#type.as_str())).value(&new.value.0);
            let parameter = parameter.tier(ParameterTier::from(new.tier.as_str())).description(&new.description);
            let pattern = new.allowed_pattern.as_deref().or(old.allowed_pattern.as_ref().map(|_| ""));
            let parameter = parameter.set_allowed_pattern(pattern.map(str::to_owned)).data_type(&new.data_type);
            let secret = new.r#type == ParameterType::SecureString.as_str();
            let parameter = parameter.set_key_id(new.key_id.clone().filter(|_| secret));
            cx.call("ssm:PutParameter", parameter.send()).await?;
        }
        let resource = ResourceTypeForTagging::Parameter;
        let set = cx.ssm().add_tags_to_resource().resource_type(resource.clone()).resource_id(id);
        let remove = cx.ssm().remove_tags_from_resource().resource_type(resource).resource_id(id);
        let set = |tags| cx.call("ssm:AddTagsToResource", set.set_tags(Some(tags::list(tags))).send());
        let remove = |names| cx.call("ssm:RemoveTagsFromResource", remove.set_tag_keys(Some(names)).send());
        tags::change(&old.tags, &new.tags, set, remove).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        cx.call("ssm:DeleteParameter", cx.ssm().delete_parameter().name(id).send()).await.found().map(drop)
    }

    async fn deleted(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<Settled> {
        let parameter = cx.ssm().get_parameter().name(id).send();
        Ok(gone(cx.call("ssm:GetParameter", parameter).await.found()?))
    }
}

/// What a listing tells about a parameter that is there. That the listing does not know it yet is a matter of time.
async fn about(cx: &Cx<'_>, name: &str) -> Result<ParameterMetadata> {
    let of_name = ParameterStringFilter::builder().key("Name").option("Equals").values(name).build();
    // `build` fails only without the key that is set here.
    let pages = cx.ssm().describe_parameters().set_parameter_filters(of_name.ok().map(|filter| vec![filter]));
    let pages = cx.call("ssm:DescribeParameters", pages.into_paginator().send().try_collect()).await?;
    let found = pages.into_iter().flat_map(|page| page.parameters.unwrap_or_default()).next();
    found.ok_or_else(|| cx.incomplete("ssm:DescribeParameters", "parameter"))
}

/// The parameter's tags, or `None` if there is no such parameter.
async fn list_tags(cx: &Cx<'_>, name: &str) -> Result<Option<Vec<Tag>>> {
    let tags = cx.ssm().list_tags_for_resource().resource_type(ResourceTypeForTagging::Parameter).resource_id(name);
    Ok(cx.call("ssm:ListTagsForResource", tags.send()).await.found()?.map(|reply| reply.tag_list.unwrap_or_default()))
}
