//! `kms.alias`: lifecycle. The id is the alias's name.
//!
//! An alias cannot be tagged: it is this operation's if it stands for the key that it was to stand for. A key is asked
//! for by its alias, which costs one call however many aliases there are.

use dr_core::cloud::Intent;
use dr_kinds::kms::{Alias, AliasOut};

use super::keys::describe;
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result};

impl Lifecycle for Alias {
    async fn find(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<Option<String>> {
        let key = describe(cx, &args.name).await?.filter(|key| key.key_id == args.target_key_id);
        Ok(key.map(|_| args.name.clone()))
    }

    async fn create(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<String> {
        let alias = cx.kms().create_alias().alias_name(&args.name).target_key_id(&args.target_key_id);
        cx.call("kms:CreateAlias", alias.send()).await?;
        Ok(args.name.clone())
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, AliasOut)>> {
        let Some(key) = describe(cx, id).await? else { return Ok(None) };
        let target_key_arn = key.arn.unwrap_or_else(|| cx.arn("kms", &format!("key/{}", key.key_id)));
        let live = Alias { target_key_id: key.key_id, ..last.clone() };
        Ok(Some((live, AliasOut { arn: cx.arn("kms", id), target_key_arn })))
    }

    async fn update(cx: &Cx<'_>, id: &str, _old: &Self, new: &Self) -> Result<()> {
        let alias = cx.kms().update_alias().alias_name(id).target_key_id(&new.target_key_id);
        cx.call("kms:UpdateAlias", alias.send()).await.map(drop)
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        cx.call("kms:DeleteAlias", cx.kms().delete_alias().alias_name(id).send()).await.found().map(drop)
    }
}
