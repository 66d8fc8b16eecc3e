// Runs before the first paint, as a file of its own: the content security policy allows no inline script.
const theme = localStorage.getItem('spanport.theme');
if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
