// flatten.cjs OUTDIR FILE...: rewrites each SVG's shapes as paths of absolute M, L, C and Z.
const fs = require('fs'), path = require('path');
const svgpath = require(process.env.SVGPATH);

const num = v => String(Math.round(v * 1000) / 1000);

function absolute(d) {
  const out = [];
  let sx = 0, sy = 0;
  svgpath(d).abs().unshort().unarc().iterate((s, i, x, y) => {
    const [c, ...a] = s;
    switch (c) {
      case 'M': [sx, sy] = a; out.push(`M${num(a[0])} ${num(a[1])}`); break;
      case 'L': out.push(`L${num(a[0])} ${num(a[1])}`); break;
      case 'H': out.push(`L${num(a[0])} ${num(y)}`); break;
      case 'V': out.push(`L${num(x)} ${num(a[0])}`); break;
      case 'C': out.push('C' + a.map(num).join(' ')); break;
      case 'Q': { // as a cubic
        const [qx, qy, ex, ey] = a;
        out.push('C' + [x + 2 / 3 * (qx - x), y + 2 / 3 * (qy - y), ex + 2 / 3 * (qx - ex), ey + 2 / 3 * (qy - ey), ex, ey].map(num).join(' '));
        break;
      }
      case 'Z': out.push('Z'); break;
      default: throw new Error('command ' + c);
    }
  });
  return out.join(' ');
}

function shape(tag, a) {
  const n = k => parseFloat(a[k] || '0');
  switch (tag) {
    case 'path': return a.d;
    case 'line': return `M${n('x1')} ${n('y1')}L${n('x2')} ${n('y2')}`;
    case 'polyline': return 'M' + a.points.trim();
    case 'polygon': return 'M' + a.points.trim() + 'Z';
    case 'circle': { const [x, y, r] = [n('cx'), n('cy'), n('r')]; return `M${x - r} ${y}A${r} ${r} 0 1 1 ${x + r} ${y}A${r} ${r} 0 1 1 ${x - r} ${y}Z`; }
    case 'ellipse': { const [x, y, r, q] = [n('cx'), n('cy'), n('rx'), n('ry')]; return `M${x - r} ${y}A${r} ${q} 0 1 1 ${x + r} ${y}A${r} ${q} 0 1 1 ${x - r} ${y}Z`; }
    case 'rect': {
      const [x, y, w, h] = [n('x'), n('y'), n('width'), n('height')];
      const r = Math.min(n(a.rx ? 'rx' : 'ry'), w / 2, h / 2);
      if (!r) return `M${x} ${y}H${x + w}V${y + h}H${x}Z`;
      return `M${x + r} ${y}H${x + w - r}A${r} ${r} 0 0 1 ${x + w} ${y + r}V${y + h - r}A${r} ${r} 0 0 1 ${x + w - r} ${y + h}H${x + r}A${r} ${r} 0 0 1 ${x} ${y + h - r}V${y + r}A${r} ${r} 0 0 1 ${x + r} ${y}Z`;
    }
    default: return null;
  }
}

const geometry = new Set('d x y x1 y1 x2 y2 width height rx ry cx cy r points'.split(' '));
const [, , out, ...files] = process.argv;
for (const file of files) {
  const svg = fs.readFileSync(file, 'utf8').replace(/<!--[\s\S]*?-->\n?/g, '').replace(/\s+class="[^"]*"/g, '');
  const flat = svg.replace(/<(path|line|polyline|polygon|circle|ellipse|rect)\b([^>]*?)\/>/g, (_, tag, text) => {
    const a = {}, keep = [];
    for (const m of text.matchAll(/([\w-]+)="([^"]*)"/g)) {
      a[m[1]] = m[2];
      if (!geometry.has(m[1])) keep.push(`${m[1]}="${m[2]}"`);
    }
    return `<path ${[...keep, `d="${absolute(shape(tag, a))}"`].join(' ')} />`;
  });
  fs.writeFileSync(path.join(out, path.basename(file)), flat);
}
