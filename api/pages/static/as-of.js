// Says where the slider stands while it is moved; the form works without this.
for (const slider of document.querySelectorAll("input[type=range][data-moments]")) {
  const moments = JSON.parse(slider.dataset.moments);
  const told = document.getElementById(slider.dataset.told);
  const say = () => {
    const size = Number(slider.value);
    const past = moments.filter(([at]) => at <= size).pop();
    told.textContent = [size.toLocaleString(document.documentElement.lang), past?.[1]].filter(Boolean).join(" · ");
  };
  slider.addEventListener("input", say);
  slider.addEventListener("change", () => slider.form.requestSubmit());
  say();
}
