import { fetchBlob } from "../../../cloud/fetch-blob";
import type { FrameLoader, FramePlace } from "./frames";
import { greysOf } from "./greys";

/**
 * Opacity (0 to 255) inside a structure; fainter than its outline, so that grey values stay
 * readable.
 */
const INSIDE_ALPHA = 110;
const OUTLINE_ALPHA = 255;

/** Downloads a slice and its mask, and decodes both, so that drawing them takes no time. */
export const loadFrame: FrameLoader = async (place, abortSignal) => {
  const [slice, mask] = await Promise.all((await download(place, abortSignal)).map(decode));
  return { slice: greysOf(pixelsOf(slice!), mask!.height), mask: await outline(mask!) };
};

/** The files of slice and mask; where these are neighbours in one file, by one request. */
async function download(place: FramePlace, abortSignal: AbortSignal): Promise<Blob[]> {
  if (!("pictures" in place)) {
    return Promise.all([place.slice, place.mask].map((url) => fetchBlob(url, abortSignal)));
  }
  const { pictures, slice, mask } = place;
  const start = slice.start;
  const both = { start, size: mask.start + mask.size - start };
  const blob = await fetchBlob(pictures, abortSignal, both);
  return [slice, mask].map((part) =>
    blob.slice(part.start - start, part.start - start + part.size, "image/png"),
  );
}

const decode = (picture: Blob): Promise<ImageBitmap> =>
  createImageBitmap(picture, { colorSpaceConversion: "none", premultiplyAlpha: "none" });

function pixelsOf(picture: ImageBitmap): ImageData {
  const { width, height } = picture;
  const context = new OffscreenCanvas(width, height).getContext("2d", {
    willReadFrequently: true,
  }) as OffscreenCanvasRenderingContext2D;
  context.drawImage(picture, 0, 0);
  return context.getImageData(0, 0, width, height);
}

/** The mask in the colours of its own palette; black is background and becomes transparent. */
async function outline(mask: ImageBitmap): Promise<ImageBitmap> {
  const picture = pixelsOf(mask);
  const { width } = picture;
  const colours = new Uint32Array(picture.data.buffer).map((rgba) => rgba & 0xffffff);
  for (let pixel = 0; pixel < colours.length; pixel++) {
    const colour = colours[pixel];
    const inside = [pixel - 1, pixel + 1, pixel - width, pixel + width].every(
      (neighbour) => colours[neighbour] === colour,
    );
    const alpha = inside ? INSIDE_ALPHA : OUTLINE_ALPHA;
    picture.data[4 * pixel + 3] = colour === 0 ? 0 : alpha;
  }
  return createImageBitmap(picture);
}
