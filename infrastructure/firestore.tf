# The state of every scan, its labels, runs and models; recoverable to any minute of the last week.

resource "google_firestore_database" "default" {
  name        = "(default)"
  location_id = var.region
  type        = "FIRESTORE_NATIVE"

  concurrency_mode                  = "OPTIMISTIC"
  point_in_time_recovery_enablement = "POINT_IN_TIME_RECOVERY_ENABLED"
  delete_protection_state           = var.deletion_protection ? "DELETE_PROTECTION_ENABLED" : "DELETE_PROTECTION_DISABLED"
  deletion_policy                   = var.deletion_protection ? "PREVENT" : "DELETE"

  dynamic "cmek_config" {
    for_each = local.keys

    content {
      kms_key_name = cmek_config.value
    }
  }

  depends_on = [google_project_service.api, google_kms_crypto_key_iam_member.agent]
}

# Beyond the week: a copy a day for two weeks, of labels above all, which nobody can make again.
resource "google_firestore_backup_schedule" "daily" {
  database  = google_firestore_database.default.name
  retention = "1209600s"

  daily_recurrence {}
}

# The same two files that the tests of the rules and of the queries use.
locals {
  indexes = jsondecode(file("${path.module}/firestore.indexes.json"))
}

resource "google_firestore_index" "query" {
  for_each = { for index in local.indexes.indexes : join(" ", concat(
    [index.collectionGroup],
    [for field in index.fields : "${field.fieldPath} ${try(field.order, field.arrayConfig)}"],
  )) => index }

  database    = google_firestore_database.default.name
  collection  = each.value.collectionGroup
  query_scope = each.value.queryScope

  dynamic "fields" {
    for_each = each.value.fields

    content {
      field_path   = fields.value.fieldPath
      order        = try(fields.value.order, null)
      array_config = try(fields.value.arrayConfig, null)
    }
  }
}

# Indexes of single fields are there by themselves, but for those over a collection of every scan.
# Fields that no query asks for, and that are large, have none: each number in a map would be written twice more.
resource "google_firestore_field" "everywhere" {
  for_each = { for field in local.indexes.fieldOverrides : "${field.collectionGroup} ${field.fieldPath}" => field }

  database   = google_firestore_database.default.name
  collection = each.value.collectionGroup
  field      = each.value.fieldPath

  index_config {
    dynamic "indexes" {
      for_each = each.value.indexes

      content {
        order       = indexes.value.order
        query_scope = indexes.value.queryScope
      }
    }
  }
}

resource "google_firebaserules_ruleset" "firestore" {
  source {
    files {
      name    = "firestore.rules"
      content = file("${path.module}/firestore.rules")
    }
  }

  depends_on = [google_firestore_database.default, google_firebase_project.this]

  lifecycle {
    create_before_destroy = true # a ruleset in use can't be removed
  }
}

resource "google_firebaserules_release" "firestore" {
  name         = "cloud.firestore"
  ruleset_name = google_firebaserules_ruleset.firestore.name
}

# Accounts are made by an administrator in Identity Platform; these documents let them in.
resource "google_firestore_document" "reviewer" {
  for_each = var.reviewers

  database    = google_firestore_database.default.name
  collection  = "reviewers"
  document_id = each.key
  fields      = jsonencode({ role = { stringValue = each.value } })
}
