import type { Shelf, ShelvedUpload } from "../features/upload/shelf";

/** A browser's store of unfinished uploads, with room for contents or without. */
export class FakeShelf implements Shelf {
  uploads = new Map<string, ShelvedUpload>();
  bodies = new Map<string, Blob>();

  constructor(readonly hasRoom = true) {}

  async of(owner: string): Promise<{ upload: ShelvedUpload; body: Blob | null }[]> {
    return [...this.uploads.values()]
      .filter((upload) => upload.owner === owner)
      .toSorted((a, b) => (a.id < b.id ? -1 : 1)) // as a database does
      .map((upload) => ({ upload, body: this.bodies.get(upload.id) ?? null }));
  }

  async keep(upload: ShelvedUpload): Promise<void> {
    this.uploads.set(upload.id, upload);
  }

  async keepBody(id: string, body: Blob): Promise<Blob | null> {
    const content = [await body.arrayBuffer()];
    if (!this.hasRoom) return null;
    const copy = body instanceof File ? new File(content, body.name, body) : new Blob(content);
    this.bodies.set(id, copy);
    return copy;
  }

  async drop(id: string): Promise<void> {
    this.uploads.delete(id);
    this.bodies.delete(id);
  }
}
