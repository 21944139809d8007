//! AWS Step Functions.

service! { state_machine::StateMachine }
