//! Places: regions go off and come back at any moment, also while calls are under way.

use crate::Sandbox;
use crate::inner::Core;

impl Core {
    /// One more change was made in a place; perhaps it falls silent after that.
    pub(crate) fn count_down(&mut self, place: &str) {
        let now = self.now();
        let Some(left) = self.options.regions_down.get_mut(place) else { return };
        *left = left.saturating_sub(1);
        if *left == 0 {
            self.about_to_change();
            self.outages.begin(place, now);
        }
    }
}

impl Sandbox {
    /// A place answers nothing from now on: a region, or `global` for the services that belong to none.
    pub fn switch_off(&self, place: &str) {
        let mut core = self.core();
        core.about_to_change();
        let now = core.now();
        core.outages.begin(place, now);
    }

    /// A place answers again from now on.
    pub fn switch_on(&self, place: &str) {
        let mut core = self.core();
        core.about_to_change();
        let now = core.now();
        core.outages.end(place, now);
    }
}
