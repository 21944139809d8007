//! Archives of folders beside the program.

service! { zip::Zip }
