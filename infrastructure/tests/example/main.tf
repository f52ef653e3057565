# The settings of an example as values: test files can read no .tfvars by themselves, and with this
# `terraform test` needs no arguments.

terraform {
  required_providers {
    terraform = { source = "terraform.io/builtin/terraform" }
  }
}

variable "name" {
  description = "The example, as small."
  type        = string
}

output "settings" {
  description = "Its variables by name."
  value       = provider::terraform::decode_tfvars(file("${path.module}/../../examples/${var.name}/terraform.tfvars"))
}
