export default function Page() {
  return (
    <main>
      <p>
        <a href="/api/chat?question=Is%20the%20shop%20open%20on%20Sunday%3F">Ask whether the shop is open on Sunday.</a>
      </p>
      <p>
        The conversation is then on the page of <code>npx spanport up</code>:{' '}
        <a href="http://127.0.0.1:4318">http://127.0.0.1:4318</a>
      </p>
    </main>
  );
}
