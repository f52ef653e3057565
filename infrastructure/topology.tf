# Names, deadlines, retries and triggers come from topology.yaml, which the local cloud reads too.

locals {
  topology = yamldecode(file("${path.module}/topology.yaml"))
  worker   = local.topology.services["inference-service"]

  # Without an archive there is nothing that tells of its files, and nothing that listens.
  absent    = concat(var.archive ? [] : ["archive"], var.backup_region == null ? ["backup"] : [])
  functions = { for name, function in local.topology.functions : name => function if !contains(local.absent, try(function.needs, "")) }
  topics    = { for name, topic in local.topology.topics : name => topic if !contains(local.absent, try(topic.needs, "")) }

  bucket_names = { for purpose, _ in local.topology.buckets : purpose => "${var.project}-${purpose}" }

  # The only origin whose pages may upload, read results and call the api.
  web_origin = "https://${coalesce(var.web_domain, "${var.project}.web.app")}"
}
