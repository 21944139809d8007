//! Lists that come in pages.

/// All items of a list, page by page: the SDK has no paginators for this service. An expression of type
/// `Result<Vec<_>>`.
macro_rules! every {
    ($cx:expr, $name:literal, $list:expr) => {
        async {
            let (list, mut all, mut next) = ($list.max_results("500"), Vec::new(), None);
            loop {
                let page = $cx.call($name, list.clone().set_next_token(next).send()).await?;
                all.extend(page.items.unwrap_or_default());
                next = page.next_token.filter(|token| !token.is_empty());
                if next.is_none() {
                    break $crate::lifecycle::Result::Ok(all);
                }
            }
        }
        .await
    };
}

pub(super) use every;
