//! One struct: its table, its conversion, and for a kind its facts.

use proc_macro2::TokenStream;
use quote::quote;
use syn::meta::ParseNestedMeta;
use syn::punctuated::Punctuated;
use syn::{Data, DeriveInput, Fields, Ident, LitStr, Result, Token, Type};

use crate::field::{FieldSpec, doc, in_parentheses};

fn fields(input: &DeriveInput) -> Result<Vec<FieldSpec>> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(named) => named.named.iter().map(FieldSpec::parse).collect(),
            _ => Err(syn::Error::new_spanned(&input.ident, "fields need names")),
        },
        _ => Err(syn::Error::new_spanned(&input.ident, "expected a struct")),
    }
}

fn block(input: &DeriveInput, fields: &[FieldSpec]) -> TokenStream {
    let ident = &input.ident;
    let rows = fields.iter().map(FieldSpec::table_row);
    let reads = fields.iter().map(FieldSpec::read);
    let writes = fields.iter().map(FieldSpec::write);
    quote! {
        impl ::dr_core::convert::Block for #ident {
            const FIELDS: &'static [::dr_core::schema::Field] = &[#(#rows),*];
            fn from_map(
                map: &::dr_core::value::Map<::dr_core::value::Value>,
            ) -> ::core::result::Result<Self, ::dr_core::convert::ConvertError> {
                ::core::result::Result::Ok(Self { #(#reads),* })
            }
            fn to_map(&self) -> ::dr_core::value::Map<::dr_core::value::Value> {
                let mut map = ::dr_core::value::Map::new();
                #(#writes)*
                map
            }
        }
    }
}

/// A block: table, conversion, and that it can be a field itself.
pub(crate) fn derive_block(input: &DeriveInput) -> Result<TokenStream> {
    let ident = &input.ident;
    let block = block(input, &fields(input)?);
    Ok(quote! {
        #block
        impl ::dr_core::convert::FieldType for #ident {
            const TYPE: ::dr_core::schema::Type =
                ::dr_core::schema::Type::Object(<#ident as ::dr_core::convert::Block>::FIELDS);
            fn from_value(
                value: &::dr_core::value::Value,
            ) -> ::core::result::Result<Self, ::dr_core::convert::ConvertError> {
                match value.as_map() {
                    ::core::option::Option::Some(map) => ::dr_core::convert::Block::from_map(map),
                    ::core::option::Option::None => ::dr_core::convert::Block::from_map(
                        &::dr_core::value::Map::new(),
                    ),
                }
            }
            fn to_value(&self) -> ::dr_core::value::Value {
                ::dr_core::value::Value::Map(::dr_core::convert::Block::to_map(self))
            }
        }
    })
}

/// A kind: table, conversion and facts.
pub(crate) fn derive_kind(input: &DeriveInput) -> Result<TokenStream> {
    let ident = &input.ident;
    let fields = fields(input)?;
    let names: Vec<&str> = fields.iter().map(FieldSpec::name).collect();
    let facts = KindFacts::parse(input, &names)?;
    let block = block(input, &fields);
    let text = doc(&input.attrs);
    if text.is_empty() {
        return Err(syn::Error::new_spanned(ident, "a doc comment is missing: it becomes the reference"));
    }
    let KindFacts { name, outputs, row } = facts;
    let outputs = outputs.unwrap_or_else(|| syn::parse_quote!(::dr_core::convert::NoOutputs));
    Ok(quote! {
        #block
        impl ::dr_core::convert::KindArgs for #ident {
            const KIND: &'static ::dr_core::schema::Kind = &::dr_core::schema::Kind {
                #row
                ..::dr_core::schema::Kind::new(
                    #name,
                    #text,
                    <#ident as ::dr_core::convert::Block>::FIELDS,
                    <#outputs as ::dr_core::convert::Block>::FIELDS,
                )
            };
            type Out = #outputs;
        }
    })
}

struct KindFacts {
    name: LitStr,
    outputs: Option<Type>,
    row: TokenStream,
}

impl KindFacts {
    fn parse(input: &DeriveInput, fields: &[&str]) -> Result<KindFacts> {
        let (mut name, mut outputs, mut row) = (None, None, Vec::new());
        let (mut elsewhere, mut exclusions) = (Vec::new(), Vec::new());
        for attribute in input.attrs.iter().filter(|a| a.path().is_ident("kind")) {
            attribute.parse_nested_meta(|meta| {
                let Some(key) = meta.path.get_ident().cloned() else {
                    return Err(meta.error("a plain word is expected"));
                };
                match key.to_string().as_str() {
                    "name" => name = Some(meta.value()?.parse()?),
                    "outputs" => outputs = Some(meta.value()?.parse()?),
                    "place" => {
                        let place = match meta.value()?.parse::<Ident>()?.to_string().as_str() {
                            "regional" => quote!(Regional),
                            "global" => quote!(Global),
                            "local" => quote!(Local),
                            _ => return Err(meta.error("expected regional, global or local")),
                        };
                        row.push(quote!(place: ::dr_core::schema::Place::#place,));
                    }
                    "lookup" => row.push(quote!(lookup: true,)),
                    "finds" => {
                        let kind: LitStr = meta.value()?.parse()?;
                        row.push(quote!(finds: ::core::option::Option::Some(#kind),));
                    }
                    "id" => {
                        let text: LitStr = meta.value()?.parse()?;
                        row.push(quote!(#key: #text,));
                    }
                    "leaves" => {
                        let [one, many, lasts, by] = texts(&meta)?;
                        if !by.value().is_empty() {
                            known(&by, &by.value(), fields)?;
                        }
                        let lasts = time(&lasts)?;
                        row.push(quote!(leaves: ::core::option::Option::Some(::dr_core::traces::Residue {
                            one: #one, many: #many, lasts: #lasts, by: #by,
                        }),));
                    }
                    "holds" => {
                        let [by, typical, worst] = texts(&meta)?;
                        let (by, typical, worst) = (names(&by, fields)?, time(&typical)?, time(&worst)?);
                        row.push(quote!(holds: ::core::option::Option::Some(::dr_core::traces::Holding {
                            by: &[#(#by),*], typical: #typical, worst: #worst,
                        }),));
                    }
                    "data" | "keys" => {
                        let [lost, kept] = texts(&meta)?;
                        let contents = if key == "data" { quote!(Data) } else { quote!(Keys) };
                        let loss = quote!(::dr_core::schema::Loss { lost: #lost, kept: #kept });
                        let contents = quote!(::dr_core::schema::KindContents::#contents(#loss));
                        row.push(quote!(contents: ::core::option::Option::Some(#contents),));
                    }
                    "unique" => row.push(unique(&meta.value()?.parse()?, fields)?),
                    "repeats" => {
                        let repeats: syn::LitBool = meta.value()?.parse()?;
                        row.push(quote!(repeats: ::core::option::Option::Some(#repeats),));
                    }
                    "batch" => {
                        let text: LitStr = meta.value()?.parse()?;
                        let list = names(&text, fields)?;
                        row.push(quote!(batch: ::core::option::Option::Some(&[#(#list),*]),));
                    }
                    "alone" => {
                        let [among, field, value] = texts(&meta)?;
                        exclusions.push(exclusion(&among, &field, fields, quote!(Others(#value)))?);
                    }
                    "once" => {
                        let [among, field] = texts(&meta)?;
                        exclusions.push(exclusion(&among, &field, fields, quote!(Equals))?);
                    }
                    "alike" => {
                        let [among, field] = texts(&meta)?;
                        exclusions.push(exclusion(&among, &field, fields, quote!(Nothing))?);
                    }
                    "deleted_with" => {
                        let text: LitStr = meta.value()?.parse()?;
                        known(&text, &text.value(), fields)?;
                        row.push(quote!(deleted_with: ::core::option::Option::Some(#text),));
                    }
                    "elsewhere" => {
                        let [argument, id, help] = texts(&meta)?;
                        elsewhere
                            .push(quote!(::dr_core::schema::Elsewhere { argument: #argument, id: #id, help: #help }));
                    }
                    "name_blocked" | "create" | "update" | "delete" | "pace" => {
                        let time = time(&meta.value()?.parse()?)?;
                        row.push(quote!(#key: #time,));
                    }
                    other => return Err(meta.error(format!("`{other}` is no kind attribute"))),
                }
                Ok(())
            })?;
        }
        let Some(name) = name else {
            return Err(syn::Error::new_spanned(&input.ident, "a kind needs `#[kind(name = \"service.kind\")]`"));
        };
        row.push(quote!(elsewhere: &[#(#elsewhere),*],));
        row.push(quote!(exclusions: &[#(#exclusions),*],));
        Ok(KindFacts { name, outputs, row: quote!(#(#row)*) })
    }
}

/// So many texts in parentheses.
fn texts<const N: usize>(meta: &ParseNestedMeta<'_>) -> Result<[LitStr; N]> {
    let list: Punctuated<LitStr, Token![,]> = in_parentheses(meta)?;
    let list: Vec<LitStr> = list.into_iter().collect();
    list.try_into().map_err(|_| meta.error(format!("expected {N} texts")))
}

/// `alone("zone_id, name", "type", "CNAME")`: the arguments whose equal values make neighbours, the one that decides, and
/// what is excluded.
fn exclusion(among: &LitStr, field: &LitStr, fields: &[&str], of: TokenStream) -> Result<TokenStream> {
    let list = names(among, fields)?;
    known(field, &field.value(), fields)?;
    Ok(quote! {
        ::dr_core::schema::Exclusion { among: &[#(#list),*], field: #field, of: ::dr_core::schema::Excluded::#of }
    })
}

/// Names of fields with commas between them.
fn names(text: &LitStr, fields: &[&str]) -> Result<Vec<String>> {
    let list: Vec<String> = text.value().split(',').map(|name| name.trim().to_owned()).collect();
    list.iter().try_for_each(|name| known(text, name, fields))?;
    Ok(list)
}

fn known(at: &LitStr, name: &str, fields: &[&str]) -> Result<()> {
    if fields.contains(&name) {
        Ok(())
    } else {
        Err(syn::Error::new_spanned(at, format!("there is no field `{name}`")))
    }
}

/// `"region: function, statement_id"`.
fn unique(text: &LitStr, fields: &[&str]) -> Result<TokenStream> {
    let value = text.value();
    let bad = || syn::Error::new_spanned(text, "expected `world: field`, `account: field` or `region: field, …`");
    let (scope, list) = value.split_once(':').ok_or_else(bad)?;
    let scope = match scope.trim() {
        "world" => quote!(World),
        "account" => quote!(Account),
        "region" => quote!(Region),
        _ => return Err(bad()),
    };
    let list: Vec<&str> = list.split(',').map(str::trim).collect();
    list.iter().try_for_each(|name| known(text, name, fields))?;
    Ok(quote!(unique: ::core::option::Option::Some((&[#(#list),*], ::dr_core::schema::Scope::#scope)),))
}

/// A duration as an expression.
fn time(text: &LitStr) -> Result<TokenStream> {
    let millis = duration(text)?;
    Ok(quote!(::core::time::Duration::from_millis(#millis)))
}

/// `"500ms"`, `"2s"`, `"5m"`, `"1h"`, `"7d"` in milliseconds.
fn duration(text: &LitStr) -> Result<u64> {
    let value = text.value();
    let digits = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &value[digits.len()..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(syn::Error::new_spanned(text, "expected a duration such as `500ms`, `2s`, `5m`")),
    };
    let number: u64 = digits.parse().map_err(|_| syn::Error::new_spanned(text, "expected a number and a unit"))?;
    Ok(number * factor)
}
