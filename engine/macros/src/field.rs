//! One field: its attributes, and the row of the schema table they make.

use proc_macro2::TokenStream;
use quote::quote;
use syn::meta::ParseNestedMeta;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::{Attribute, Expr, ExprLit, ExprRange, Ident, Lit, LitInt, LitStr, Result, Token, Type, UnOp};

/// A parsed field.
pub(crate) struct FieldSpec {
    ident: Ident,
    ty: Type,
    name: String,
    sensitive: bool,
    /// The members of the table row that differ from `FieldSpec::new`.
    row: TokenStream,
    doc: String,
}

impl FieldSpec {
    /// Reads a struct field.
    pub(crate) fn parse(field: &syn::Field) -> Result<FieldSpec> {
        let Some(ident) = field.ident.clone() else {
            return Err(syn::Error::new_spanned(field, "fields need names"));
        };
        let name = ident.to_string().trim_start_matches("r#").to_owned();
        let ty = field.ty.clone();
        let mut facts = FieldFacts::default();
        for attribute in &field.attrs {
            if attribute.path().is_ident("arg") || attribute.path().is_ident("out") {
                attribute.parse_nested_meta(|meta| facts.parse(&meta))?;
            }
        }
        let doc = doc(&field.attrs);
        if doc.is_empty() {
            return Err(syn::Error::new_spanned(field, "a doc comment is missing: it becomes the reference"));
        }
        let sensitive = facts.sensitive;
        let row = facts.row(&ty);
        Ok(FieldSpec { ident, ty, name, sensitive, row, doc })
    }

    /// The row of the table.
    pub(crate) fn table_row(&self) -> TokenStream {
        let FieldSpec { ty, name, row, doc, .. } = self;
        quote! {
            ::dr_core::schema::Field {
                #row
                ..::dr_core::schema::Field::new(#name, #doc, <#ty as ::dr_core::convert::FieldType>::TYPE)
            }
        }
    }

    /// The struct member read from a map.
    pub(crate) fn read(&self) -> TokenStream {
        let FieldSpec { ident, name, .. } = self;
        quote! { #ident: ::dr_core::convert::read(map, #name)? }
    }

    /// The statement that writes the member into a map.
    pub(crate) fn write(&self) -> TokenStream {
        let FieldSpec { ident, name, sensitive, .. } = self;
        quote! { ::dr_core::convert::write(&mut map, #name, #sensitive, &self.#ident); }
    }

    /// The name in scripts.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

/// What the attributes of a field say.
#[derive(Default)]
struct FieldFacts {
    flags: Vec<Ident>,
    sensitive: bool,
    presence: Option<TokenStream>,
    checks: Vec<TokenStream>,
    rules: Vec<TokenStream>,
    others: Vec<TokenStream>,
}

impl FieldFacts {
    fn parse(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        let Some(key) = meta.path.get_ident().cloned() else {
            return Err(meta.error("a plain word is expected"));
        };
        match key.to_string().as_str() {
            "replace" | "write_only" | "unordered" | "ignore_case" | "switched" | "volatile" | "removable"
            | "ignore_key_case" | "copies" | "member" | "protects" | "guards" => self.flags.push(key),
            "one_way" => {
                let way = if meta.input.peek(syn::token::Paren) {
                    let list: Punctuated<Expr, Token![,]> = in_parentheses(meta)?;
                    match list.first() {
                        Some(Expr::Path(p)) if p.path.is_ident("stays") && list.len() == 1 => quote!(Stays),
                        _ => {
                            let list = list.iter();
                            quote!(Order(&[#(#list),*]))
                        }
                    }
                } else {
                    quote!(Version)
                };
                self.others.push(quote!(one_way: ::core::option::Option::Some(::dr_core::schema::OneWay::#way),));
            }
            "sensitive" => {
                self.sensitive = true;
                self.flags.push(key);
            }
            "tags" => {
                self.flags.push(key);
                self.presence = Some(quote!(::dr_core::schema::Presence::Optional));
            }
            "computed" => self.presence = Some(quote!(::dr_core::schema::Presence::Computed)),
            "default" => {
                let literal = literal(&meta.value()?.parse()?)?;
                self.presence = Some(quote!(::dr_core::schema::Presence::Default(#literal)));
            }
            "like" => {
                let text: LitStr = meta.value()?.parse()?;
                self.others.push(quote!(like: #text,));
            }
            "range" => {
                let (low, high) = range(meta)?;
                self.checks.push(quote!(::dr_core::schema::Condition::Range(#low, #high)));
            }
            "length" => {
                let (low, high) = range(meta)?;
                self.checks.push(quote!(::dr_core::schema::Condition::Length(#low, #high)));
            }
            "pattern" => {
                let text: Expr = meta.value()?.parse()?;
                self.checks.push(quote!(::dr_core::schema::Condition::Pattern(#text)));
            }
            "one_of" => {
                let list: Punctuated<LitStr, Token![,]> = in_parentheses(meta)?;
                let list = list.iter();
                self.checks.push(quote!(::dr_core::schema::Condition::OneOf(&[#(#list),*])));
            }
            "one_of_int" => {
                let list: Punctuated<LitInt, Token![,]> = in_parentheses(meta)?;
                let list = list.iter();
                self.checks.push(quote!(::dr_core::schema::Condition::OneOfInt(&[#(#list),*])));
            }
            "outside" => {
                let list: Punctuated<LitStr, Token![,]> = in_parentheses(meta)?;
                let list = list.iter();
                self.checks.push(quote!(::dr_core::schema::Condition::Outside(&[#(#list),*])));
            }
            "region" => self.checks.push(quote!(::dr_core::schema::Condition::Region)),
            "grammar" => {
                let content;
                syn::parenthesized!(content in meta.input);
                let form: Expr = content.parse()?;
                self.checks.push(quote!(::dr_core::schema::Condition::Grammar({
                    use ::dr_core::grammar::form::said::*;
                    #form
                })));
            }
            "name" => self.name_rule(meta)?,
            "refers" => {
                let list: Punctuated<Expr, Token![,]> = in_parentheses(meta)?;
                let mut list = list.iter();
                let to = list.next();
                let blocks = match list.next() {
                    None => true,
                    Some(Expr::Path(p)) if p.path.is_ident("loose") => false,
                    Some(other) => return Err(syn::Error::new_spanned(other, "only `loose` may follow")),
                };
                self.others.push(quote! {
                    refers: ::core::option::Option::Some(
                        ::dr_core::schema::Reference { to: #to, blocks_delete: #blocks }
                    ),
                });
            }
            "refuse" | "warn" | "note" => self.rule(&key, meta)?,
            other => return Err(meta.error(format!("`{other}` is no field attribute"))),
        }
        Ok(())
    }

    fn name_rule(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        let (mut max, mut chars, mut prefix, mut lower) = (None, None, LitStr::new("", meta.path.span()), false);
        let mut ending = quote!(::core::option::Option::None);
        meta.parse_nested_meta(|inner| {
            if inner.path.is_ident("max") {
                max = Some(inner.value()?.parse::<LitInt>()?);
            } else if inner.path.is_ident("chars") {
                chars = Some(inner.value()?.parse::<LitStr>()?);
            } else if inner.path.is_ident("prefix") {
                prefix = inner.value()?.parse()?;
            } else if inner.path.is_ident("lower") {
                lower = true;
            } else if inner.path.is_ident("ending") {
                let content;
                syn::parenthesized!(content in inner.input);
                let text: LitStr = content.parse()?;
                content.parse::<Token![,]>()?;
                let when: LitStr = content.parse()?;
                ending = quote!(::core::option::Option::Some(
                    ::dr_core::schema::NameEnding { text: #text, when: #when }
                ));
            } else {
                return Err(inner.error("expected max, chars, prefix, lower or ending"));
            }
            Ok(())
        })?;
        let (Some(max), Some(chars)) = (max, chars) else {
            return Err(meta.error("a name needs `max` and `chars`"));
        };
        self.others.push(quote! {
            name_rule: ::core::option::Option::Some(
                ::dr_core::schema::NameRule { max: #max, chars: #chars, prefix: #prefix, lower: #lower, ending: #ending }
            ),
        });
        self.presence.get_or_insert(quote!(::dr_core::schema::Presence::Optional));
        Ok(())
    }

    fn rule(&mut self, level: &Ident, meta: &ParseNestedMeta<'_>) -> Result<()> {
        let severity = match level.to_string().as_str() {
            "refuse" => quote!(Error),
            "warn" => quote!(Warning),
            _ => quote!(Info),
        };
        let content;
        syn::parenthesized!(content in meta.input);
        let id: LitStr = content.parse()?;
        content.parse::<Token![,]>()?;
        let (mut allowed, mut unless, mut why) = (None, LitStr::new("", level.span()), None);
        while !content.is_empty() {
            let key: Ident = content.parse()?;
            if key == "absent" {
                allowed = Some(quote!(Absent));
            } else {
                content.parse::<Token![=]>()?;
                match key.to_string().as_str() {
                    "only" => {
                        let value = literal(&content.parse()?)?;
                        allowed = Some(quote!(Only(#value)));
                    }
                    "max" => {
                        let most: LitInt = content.parse()?;
                        allowed = Some(quote!(AtMost(#most)));
                    }
                    "unless" => unless = content.parse()?,
                    "why" => why = Some(content.parse::<LitStr>()?),
                    _ => return Err(syn::Error::new_spanned(key, "expected only, max, absent, unless or why")),
                }
            }
            if content.parse::<Option<Token![,]>>()?.is_none() {
                break;
            }
        }
        let (Some(allowed), Some(why)) = (allowed, why) else {
            return Err(meta.error("a rule needs `only`, `max` or `absent`, and `why`"));
        };
        self.rules.push(quote! {
            ::dr_core::schema::Rule {
                id: #id,
                severity: ::dr_core::diagnostic::Severity::#severity,
                allowed: ::dr_core::schema::Allowed::#allowed,
                unless: #unless,
                why: #why,
            }
        });
        Ok(())
    }

    fn row(self, ty: &Type) -> TokenStream {
        let FieldFacts { flags, presence, checks, rules, others, .. } = self;
        let presence = presence.unwrap_or_else(|| {
            quote! {
                if <#ty as ::dr_core::convert::FieldType>::OPTIONAL {
                    ::dr_core::schema::Presence::Optional
                } else {
                    ::dr_core::schema::Presence::Required
                }
            }
        });
        quote! { #(#flags: true,)* presence: #presence, checks: &[#(#checks),*], rules: &[#(#rules),*], #(#others)* }
    }
}

pub(crate) fn in_parentheses<T: syn::parse::Parse>(meta: &ParseNestedMeta<'_>) -> Result<Punctuated<T, Token![,]>> {
    let content;
    syn::parenthesized!(content in meta.input);
    Punctuated::parse_terminated(&content)
}

fn range(meta: &ParseNestedMeta<'_>) -> Result<(TokenStream, TokenStream)> {
    let Expr::Range(ExprRange { start, end, .. }) = meta.value()?.parse()? else {
        return Err(meta.error("expected a range such as `1..=9`"));
    };
    let Some(start) = start else { return Err(meta.error("a range needs a start")) };
    let end = end.map_or_else(|| quote!(usize::MAX), |end| quote!(#end));
    Ok((quote!(#start), end))
}

/// A literal as `schema::Lit`.
fn literal(expr: &Expr) -> Result<TokenStream> {
    let lit = quote!(::dr_core::schema::Lit);
    Ok(match expr {
        Expr::Lit(ExprLit { lit: Lit::Bool(b), .. }) => quote!(#lit::Bool(#b)),
        Expr::Lit(ExprLit { lit: Lit::Int(i), .. }) => quote!(#lit::Int(#i)),
        Expr::Lit(ExprLit { lit: Lit::Float(f), .. }) => quote!(#lit::Float(#f)),
        Expr::Lit(ExprLit { lit: Lit::Str(s), .. }) => quote!(#lit::Str(#s)),
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => quote!(#lit::Int(#unary)),
        Expr::Array(array) if array.elems.is_empty() => quote!(#lit::EmptyList),
        Expr::Block(block) if block.block.stmts.is_empty() => quote!(#lit::EmptyMap),
        other => return Err(syn::Error::new_spanned(other, "expected a literal, `[]` or `{}`")),
    })
}

/// The text of a doc comment, one line per line.
pub(crate) fn doc(attributes: &[Attribute]) -> String {
    let mut lines = Vec::new();
    for attribute in attributes {
        if let syn::Meta::NameValue(pair) = &attribute.meta
            && pair.path.is_ident("doc")
            && let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &pair.value
        {
            let text = text.value();
            lines.push(text.strip_prefix(' ').unwrap_or(&text).trim_end().to_owned());
        }
    }
    lines.join("\n").trim().to_owned()
}
