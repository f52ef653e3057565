import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

/** True while the element is in the window or near it. */
export function useNear(element: RefObject<Element | null>): boolean {
  const [isNear, setNear] = useState(false);
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => entry && setNear(entry.isIntersecting), {
      rootMargin: "300px",
    });
    observer.observe(element.current as Element);
    return () => observer.disconnect();
  }, []);
  return isNear;
}
