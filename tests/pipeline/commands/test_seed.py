"""The model that came with the code goes into production once, and stays out of the way later."""

from discai.cloud.production import ProductionRepository
from discai.predictor import built_in_model
from pipeline.commands.seed import seed


def test_seeding_says_whether_the_built_in_model_serves_and_changes_nothing_that_is_there(cloud):
    models = cloud.storage.create_bucket(f"{cloud.project}-models").name
    folder = built_in_model()
    for _ in range(2):
        assert seed(cloud.database, cloud.storage, models, folder)
    production = ProductionRepository(cloud.database)
    assert [move.model_version for move in production.pointer().history] == [folder.name]
    production.move("run-000001", "sha256:1", by="run 1", reason="Better.")
    assert not seed(cloud.database, cloud.storage, models, folder)
    assert production.pointer().model_version == "run-000001"
