//! Replies of API Gateway that no emulator gives.
