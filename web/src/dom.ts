/** The little that the views need of the DOM. Everything is changed in place, and texts are only ever texts. */

type Attributes = Record<string, string>;

export function el<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export function svg(tag: string, attributes: Attributes = {}): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** The element that the page's HTML has under this test id. */
export function part<Type extends HTMLElement = HTMLElement>(name: string, within: ParentNode = document): Type {
  const found = within.querySelector<Type>(`[data-testid="${name}"]`);
  if (found === null) throw new Error(`the page has no ${name}`);
  return found;
}

export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

export function setAttribute(element: Element, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** A row that stays while its key does. */
export interface Row<Item> {
  element: HTMLElement;
  update(item: Item): void;
}

/** Keeps the children of an element in step with a list. */
export function rows<Item>(parent: HTMLElement, keyOf: (item: Item) => string, make: (item: Item) => Row<Item>) {
  let known = new Map<string, Row<Item>>();
  return (items: readonly Item[]): void => {
    const next = new Map<string, Row<Item>>();
    for (const [at, item] of items.entries()) {
      const key = keyOf(item);
      const row = known.get(key) ?? make(item);
      next.set(key, row);
      row.update(item);
      if (parent.children[at] !== row.element) parent.insertBefore(row.element, parent.children[at] ?? null);
    }
    for (const [key, row] of known) if (!next.has(key)) row.element.remove();
    known = next;
  };
}

/**
 * A cell with a text that changes.
 *
 * On narrow screens rows become blocks and each cell shows its label. Blocks lose what tables mean to readers of
 * screens; the roles keep it.
 */
export function cell(label: string, attributes: Attributes = {}): HTMLTableCellElement {
  return el("td", { role: "cell", "data-label": label, ...attributes });
}

export function tableRow(attributes: Attributes, ...cells: HTMLTableCellElement[]): HTMLTableRowElement {
  return el("tr", { role: "row", ...attributes }, ...cells);
}
