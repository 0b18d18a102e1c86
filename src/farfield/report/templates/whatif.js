'use strict';
// The money of farfield.findings.economics.savings.cash, for single numbers; the page's figures are JSON beside it.
const data = JSON.parse(document.getElementById('whatif-data').textContent);
const {say, sum, units} = data;
const fill = (text, given) => text.replace(/\{(\w+)\}/g, (_, key) => given[key]);

// Numbers as farfield.report.numbers writes them: two digits where there is no interval, halves to even.
const even = x => {
  const near = Math.round(x);
  return Math.abs(x % 1) === 0.5 && near % 2 ? near - 1 : near;
};
const grouped = (x, least, most) =>
  x.toLocaleString('en-US', {minimumFractionDigits: least, maximumFractionDigits: most});
const one = x => {
  if (!Number.isFinite(x)) return '∞';
  const whole = x === 0 || (Number.isInteger(x) && Math.abs(x) < 1000);
  const power = whole ? 0 : Math.floor(Math.log10(Math.abs(x))) - 1;
  const digits = Math.max(0, -power);
  return grouped(even(x / 10 ** power) * 10 ** power + 0, digits, digits).replace('-', '−');
};
const four = x => grouped(Number(x.toPrecision(4)), 0, 8);
const money = (x, digits = one) => {
  const [size, unit] = units.find(([least]) => Math.abs(x) >= least) || [1, ''];
  return (x < 0 ? '−' : '') + fill(sum, {value: digits(Math.abs(x) / size), unit});
};
const share = x => Number((100 * x).toPrecision(3)) + ' %';
const months = x => Number.isFinite(x) ? fill(say.months, {value: one(x)}) : say['months.never'];
const plain = (x, unit) => {
  if (unit === 'share') return share(x);
  const value = unit.startsWith('money') ? money(x, four) : four(x);
  return unit === 'money' ? value : fill(say['unit.' + unit], {value});
};

const cash = (v, of) => {
  const handled = v.wage * v.handling_minutes / 60;
  const label = v.label_price ?? v.wage * v.label_minutes / 60;
  const watched = v.alarm_hours * v.engineer_wage / v.rows_to_false_alarm;
  const drafts = of.kinds[0] !== 'person';
  const edited = kind => 'edit_minutes ' + kind in v
    ? v.wage * v['edit_minutes ' + kind] / 60 : handled * v['edit_times ' + kind];
  const checked = ('check_minutes' in v ? v.wage * v.check_minutes / 60 : handled * v.check_times) + watched;
  const right = handled - v.check * checked;
  const error = v.error_cost ?? handled * v.error_times;
  const worth = of.kinds.map((kind, i) => {
    if (drafts) return handled - edited(kind) - watched;
    if (i < 2) return i * right;
    return right - v.check * handled - (1 - v.check) * (i > 2 ? v[kind] : error);
  });
  const answering = v.token_price !== undefined && of.tokens
    ? v.token_price * of.tokens / 1e6 : v.machine * of.seconds / 3600;
  const trained = v.machine * of.training / 3600;
  const once = v.engineer_wage * v.setup_hours + of.labels * label + trained;
  const update = v.engineer_wage * v.update_hours + v.update_rows * label + trained;
  const fixed = v.engineer_wage * v.run_hours + (of.learns ? v.drift / v.drift_allowed / 12 * update : 0);

  let items = 0, saved = 0;
  const mixed = of.kinds.map(() => 0);
  for (const [name, shares] of of.shares) {
    items += v[name];
    shares.forEach((p, i) => { saved += v[name] * p * worth[i]; mixed[i] += v[name] * p; });
    saved -= v[name] * answering;
  }
  const some = items > 0 ? items : 1;
  const rate = Math.log1p(v.discount) / 12;
  const annuity = rate === 0 ? v.horizon : -Math.expm1(-v.horizon * rate) / Math.expm1(rate);
  const monthly = saved - fixed;
  const needed = once / annuity + fixed;
  const each = needed / some + answering;
  const eaten = once / monthly * Math.expm1(rate);
  let payback = rate === 0 ? once / monthly : -Math.log1p(-eaten) / rate;
  if (!(monthly > 0 && eaten < 1)) payback = Infinity;
  if (once <= 0) payback = 0;
  return {
    monthly, payback, npv: monthly * annuity - once,
    evenItems: saved > 0 ? Math.max(needed, 0) / (saved / some) : Infinity,
    evenRight: drafts ? each / handled : evenRight(mixed.map(p => p / some), worth, each),
  };
};
const evenRight = (mixed, worth, needed) => {
  const wrong = mixed.slice(2).reduce((all, p) => all + p, 0), answered = mixed[1] + wrong;
  if (!(answered > 0)) return null;
  const mean = wrong > 0 ? mixed.slice(2).reduce((all, p, i) => all + p * worth[i + 2], 0) / wrong : 0;
  return 1 - (worth[1] - needed / answered) / (worth[1] - mean);
};
const rightly = x => x === null ? say['no row is answered']
  : x <= 1 ? share(Number(Math.max(0, x).toFixed(3))) : say['not even perfect answers would pay'];
const volume = x => Number.isFinite(x) ? fill(say.items, {value: one(x)}) : say['an item saves nothing'];
const columns = [
  ['money.monthly', 'monthly', money], ['money.payback', 'payback', months], ['money.npv', 'npv', money],
  ['money.even_right', 'evenRight', rightly], ['money.even_items', 'evenItems', volume],
];

const made = (tag, text = '', given = {}) => {
  const element = document.createElement(tag);
  for (const name in given) element.setAttribute(name, given[name]);
  element.textContent = text;
  return element;
};
data.tasks.forEach((task, number) => {
  const box = document.getElementById('whatif-' + number);
  const values = {...task.values};
  const group = box.appendChild(made('fieldset'));
  group.append(made('legend', task.legend), made('p', say['whatif.note'], {class: 'note'}));
  const told = made('output', '', {class: 'plan', 'aria-live': 'polite'});

  const scroll = made('div', '', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': task.caption});
  const table = scroll.appendChild(made('table'));
  table.createCaption().textContent = task.caption;
  const head = table.createTHead().insertRow(), body = table.createTBody();
  for (const text of [say['money.choice'], ...columns.map(([key]) => say[key]), say['whatif.static']]) {
    head.append(made('th', text, {scope: 'col'}));
  }
  const cells = task.choices.map(choice => {
    const row = body.insertRow();
    row.append(made('th', choice.name, {scope: 'row'}));
    const found = columns.map(() => row.insertCell().appendChild(made('data')));
    row.insertCell().textContent = choice.static;
    return found;
  });

  const count = () => {
    const found = task.choices.map(choice => cash(values, choice));
    found.forEach((each, row) => columns.forEach(([, name, text], column) => {
      cells[row][column].value = each[name];
      cells[row][column].textContent = text(each[name]);
    }));
    const best = found.reduce((top, each, row) => each.npv > found[top].npv ? row : top, 0);
    const {monthly, payback, npv} = found[best];
    told.textContent = npv > 0 ? fill(say['whatif.best'], {
      choice: task.choices[best].name, monthly: money(monthly), payback: months(payback), npv: money(npv),
    }) : say['whatif.nothing'];
  };

  const [first, rest] = [0, 1].map(() => made('div', '', {class: 'sliders'}));
  const resets = task.sliders.map((slider, nth) => {
    const id = `whatif-${number}-${nth}`;
    const input = made('input', '', {type: 'range', id, min: -slider.before, max: slider.after, autocomplete: 'off'});
    const shown = made('output', '', {for: id, 'aria-live': 'off'}); // the slider itself speaks its value
    const take = () => {
      const wanted = slider.start + Number(input.value) * slider.step;
      values[slider.name] = Math.min(slider.most, Math.max(slider.least, wanted));
      shown.textContent = plain(values[slider.name], slider.unit);
      input.setAttribute('aria-valuetext', shown.textContent);
    };
    input.addEventListener('input', () => { take(); count(); });
    const places = nth < data.shown ? first : rest;
    places.appendChild(made('div', '', {class: 'slider'})).append(made('label', slider.label, {for: id}), shown, input);
    return () => { input.value = 0; take(); };
  });
  const start = () => { resets.forEach(reset => reset()); count(); };
  group.append(first);
  if (rest.firstChild) group.appendChild(made('details')).append(made('summary', say['whatif.more']), rest);
  const button = made('button', say['whatif.reset'], {type: 'button'});
  button.addEventListener('click', start);
  group.append(button, told, scroll);
  start();
});
