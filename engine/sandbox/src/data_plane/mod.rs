//! The data plane: what requests, writes and health checks would come to while regions go off and come back.
//!
//! The sandbox holds settings; here time passes over them. All of it is a function of what is there, of the outages, of
//! the changes of roles and of a seed, so nothing runs in the background:
//!
//! ```text
//! wired    what is there of a program as names, checks and stores
//! health   what a health check says at a time
//! copies   when what is written in one region is there in another one
//! vitals   what a service tells of one resource
//! book     what an application has asked for and written, and what was so at each moment
//! load     requests and writes of an application, and what became of them
//! ```

pub(crate) mod book;
mod copies;
mod health;
pub(crate) mod load;
mod vitals;
mod wired;
