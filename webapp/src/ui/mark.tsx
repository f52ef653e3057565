/** A disc between two vertebrae. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 20 24" width="17" height="20" aria-hidden="true">
      <rect x="3" y="1" width="12" height="6" rx="2" class="bone" />
      <rect x="2" y="9.25" width="16" height="5.5" rx="2.75" class="disc" />
      <rect x="3" y="17" width="12" height="6" rx="2" class="bone" />
    </svg>
  );
}
