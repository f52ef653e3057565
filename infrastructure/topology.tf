# Names, deadlines, retries and triggers come from topology.yaml, which the local cloud reads too.

locals {
  topology  = yamldecode(file("${path.module}/topology.yaml"))
  worker    = local.topology.services["inference-service"]
  functions = local.topology.functions

  bucket_names = { for purpose, _ in local.topology.buckets : purpose => "${var.project}-${purpose}" }

  # The only origin whose pages may upload, read results and call the api.
  web_origin = "https://${coalesce(var.web_domain, "${var.project}.web.app")}"
}
