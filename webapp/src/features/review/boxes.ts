import {
  createImageAnnotator,
  type ImageAnnotation,
  type ImageAnnotator,
  type Rectangle,
  ShapeType,
  UserSelectAction,
} from "@annotorious/annotorious";
import "@annotorious/annotorious/annotorious.css";
import type { Box, Disc } from "../../records";
import { findingOf } from "../../ui/herniation";

export interface ShownBox {
  disc: Disc;
  box: Box;
}

/**
 * The discs' boxes on a picture, drawn by Annotorious, to look at and to click.
 *
 * Colours come from the style sheet by the finding in the annotation's id: Annotorious' own `style`
 * option writes style attributes, which a strict CSP forbids.
 */
export class Boxes {
  private readonly annotator: ImageAnnotator;

  constructor(picture: HTMLCanvasElement, clicked: (level: string) => void) {
    this.annotator = createImageAnnotator(picture, {
      drawingEnabled: false,
      userSelectAction: UserSelectAction.SELECT,
      theme: "dark",
    });
    this.annotator.on("selectionChanged", ([annotation]) => {
      if (annotation) clicked(levelOf(annotation));
    });
  }

  show(boxes: readonly ShownBox[], selectedLevel: string | null): void {
    this.annotator.setAnnotations(
      boxes.map((shown) => toAnnotation(shown, shown.disc.level === selectedLevel)),
      true,
    );
  }

  destroy(): void {
    this.annotator.destroy();
  }
}

function toAnnotation({ disc, box }: ShownBox, selected: boolean): ImageAnnotation {
  const id = [findingOf(disc.herniation), selected ? "selected" : "plain", disc.level].join(" ");
  const { x, y, width: w, height: h } = box;
  const bounds = { minX: x, minY: y, maxX: x + w, maxY: y + h };
  const rectangle: Rectangle = { type: ShapeType.RECTANGLE, geometry: { x, y, w, h, bounds } };
  return {
    id,
    bodies: [{ id: `${id} level`, annotation: id, purpose: "tagging", value: disc.level }],
    target: { annotation: id, selector: rectangle },
  };
}

function levelOf(annotation: ImageAnnotation): string {
  return annotation.bodies[0]?.value ?? "";
}
