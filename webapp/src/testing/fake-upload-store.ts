import type { UploadStore, StoredUpload } from "../features/upload/upload-store";

/** A store of unfinished uploads in memory, with room for contents or without. */
export class FakeUploadStore implements UploadStore {
  uploads = new Map<string, StoredUpload>();
  bodies = new Map<string, Blob>();

  constructor(readonly hasRoom = true) {}

  async list(owner: string): Promise<{ upload: StoredUpload; body: Blob | null }[]> {
    return [...this.uploads.values()]
      .filter((upload) => upload.owner === owner)
      .toSorted((a, b) => (a.id < b.id ? -1 : 1)) // as a database does
      .map((upload) => ({ upload, body: this.bodies.get(upload.id) ?? null }));
  }

  async keep(upload: StoredUpload): Promise<void> {
    this.uploads.set(upload.id, upload);
  }

  async keepBody(id: string, body: Blob): Promise<Blob | null> {
    const content = [await body.arrayBuffer()];
    if (!this.hasRoom) return null;
    const copy = body instanceof File ? new File(content, body.name, body) : new Blob(content);
    this.bodies.set(id, copy);
    return copy;
  }

  async remove(id: string): Promise<void> {
    this.uploads.delete(id);
    this.bodies.delete(id);
  }
}
