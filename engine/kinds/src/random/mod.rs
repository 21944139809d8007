//! Random values. They are resources, so that a program without chance gets the same ones every time; they are made
//! by the engine and kept in its state.

service! { id::Id, password::Password }
