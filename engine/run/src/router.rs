//! The router: one cloud made of two. Local kinds are served on this machine, all others by the cloud at hand.

use std::sync::Arc;

use dr_core::cloud::{
    BatchItem, Cloud, CloudResult, Identity, Intent, Live, Owner, RequestWatch, RoleChange, Settled, Sought,
    TaggedResource, Target, Vitals,
};
use dr_core::leftover::{PlaceSearch, Trail};
use dr_core::online::{Objection, Wishes};
use dr_core::schema::{Kind, Place};
use dr_core::value::{Map, Str, Value};

/// Sends each call where its kind lives. The identity is that of the cloud.
pub struct Router<'c> {
    local: &'c dyn Cloud,
    cloud: &'c dyn Cloud,
}

impl<'c> Router<'c> {
    /// Local kinds go to `local`, all others to `cloud`.
    pub fn new(local: &'c dyn Cloud, cloud: &'c dyn Cloud) -> Router<'c> {
        Router { local, cloud }
    }

    fn of(&self, kind: &Kind) -> &'c dyn Cloud {
        if kind.place == Place::Local { self.local } else { self.cloud }
    }
}

impl Cloud for Router<'_> {
    fn identify(&self) -> CloudResult<'_, Identity> {
        self.cloud.identify()
    }
    fn watched_by(&self, watch: Arc<dyn RequestWatch>) {
        self.cloud.watched_by(watch);
    }
    fn preview<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>) -> CloudResult<'a, Option<Map<Value>>> {
        self.of(at.kind).preview(at, args)
    }
    fn recall(&self, at: Target<'_>, args: &Map<Value>, attribute: &str, value: &Value) -> Option<Map<Value>> {
        self.of(at.kind).recall(at, args, attribute, value)
    }
    fn is_whole(&self, kind: &Kind, outputs: &Map<Value>) -> bool {
        self.of(kind).is_whole(kind, outputs)
    }
    fn find<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>, intent: &'a Intent) -> CloudResult<'a, Option<Str>> {
        self.of(at.kind).find(at, args, intent)
    }
    fn create<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>, intent: &'a Intent) -> CloudResult<'a, Str> {
        self.of(at.kind).create(at, args, intent)
    }
    fn configure<'a>(
        &'a self,
        at: Target<'a>,
        id: &'a str,
        args: &'a Map<Value>,
        intent: &'a Intent,
    ) -> CloudResult<'a, bool> {
        self.of(at.kind).configure(at, id, args, intent)
    }
    fn settle<'a>(&'a self, at: Target<'a>, id: &'a str, args: &'a Map<Value>) -> CloudResult<'a, Settled> {
        self.of(at.kind).settle(at, id, args)
    }
    fn read<'a>(&'a self, at: Target<'a>, id: &'a str, last: &'a Map<Value>) -> CloudResult<'a, Option<Live>> {
        self.of(at.kind).read(at, id, last)
    }
    fn owner<'a>(&'a self, at: Target<'a>, id: &'a str, live: &'a Live) -> CloudResult<'a, Option<Owner>> {
        self.of(at.kind).owner(at, id, live)
    }
    fn claim<'a>(
        &'a self,
        at: Target<'a>,
        id: &'a str,
        args: &'a Map<Value>,
        intent: &'a Intent,
    ) -> CloudResult<'a, ()> {
        self.of(at.kind).claim(at, id, args, intent)
    }
    fn update<'a>(
        &'a self,
        at: Target<'a>,
        id: &'a str,
        old: &'a Map<Value>,
        new: &'a Map<Value>,
    ) -> CloudResult<'a, ()> {
        self.of(at.kind).update(at, id, old, new)
    }
    fn delete<'a>(&'a self, at: Target<'a>, id: &'a str, last: &'a Map<Value>) -> CloudResult<'a, ()> {
        self.of(at.kind).delete(at, id, last)
    }
    fn deleted<'a>(&'a self, at: Target<'a>, id: &'a str, last: &'a Map<Value>) -> CloudResult<'a, Settled> {
        self.of(at.kind).deleted(at, id, last)
    }
    fn batch<'a>(&'a self, items: &'a [BatchItem<'a>]) -> CloudResult<'a, Vec<Str>> {
        // All items are of one kind; without any there is nothing to do anywhere.
        items.first().map_or(self.cloud, |item| self.of(item.at.kind)).batch(items)
    }
    fn switch<'a>(&'a self, at: Target<'a>, id: &'a str, change: &'a RoleChange<'a>) -> CloudResult<'a, ()> {
        self.of(at.kind).switch(at, id, change)
    }
    fn vitals<'a>(&'a self, at: Target<'a>, id: &'a str, last: &'a Map<Value>) -> CloudResult<'a, Vitals> {
        self.of(at.kind).vitals(at, id, last)
    }
    fn objections<'a>(&'a self, at: Target<'a>, wishes: &'a Wishes) -> CloudResult<'a, Vec<Objection>> {
        self.of(at.kind).objections(at, wishes)
    }
    fn look_up<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>) -> CloudResult<'a, Map<Value>> {
        self.of(at.kind).look_up(at, args)
    }
    fn reach<'a>(&'a self, place: &'a str) -> CloudResult<'a, ()> {
        self.cloud.reach(place)
    }
    fn sweep<'a>(&'a self, sought: Sought<'a>, place: &'a str) -> CloudResult<'a, Vec<TaggedResource>> {
        self.cloud.sweep(sought, place)
    }
    fn tagged<'a>(&'a self, tag: (&'a str, &'a str), place: &'a str) -> CloudResult<'a, Vec<TaggedResource>> {
        self.cloud.tagged(tag, place)
    }
    fn leftovers<'a>(&'a self, trail: &'a Trail<'a>, place: &'a str) -> CloudResult<'a, PlaceSearch> {
        self.cloud.leftovers(trail, place)
    }
    fn regions(&self) -> CloudResult<'_, Vec<Str>> {
        self.cloud.regions()
    }
}
