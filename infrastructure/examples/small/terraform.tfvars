# A group that reads a few scans a day: CPU, nothing runs while nobody comes. Idle it costs cents a
# month, for stored images and data; `python -m benchmarks.cost` says what scans cost.
#   cp infrastructure/examples/small/terraform.tfvars discai.tfvars   (docs/operations/deploy.md goes on)

region        = "europe-west4"
accelerator   = null
min_instances = 0
max_instances = 2

alert_email = "discai@example.org"
reviewers   = { "reviewer@example.org" = "admin" }
