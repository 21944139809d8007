//! Replies of RDS that no emulator gives.
