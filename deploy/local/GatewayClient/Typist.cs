namespace OpenOva.Relay.GatewayClient;

/// <summary>Types as a person does, who looks at the screen: after each key he waits for its echo, after Enter for the answer.</summary>
internal sealed class Typist(TunnelSession session)
{
    // What is not echoed, such as a password, is not waited for longer.
    private static readonly TimeSpan Echo = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan AnswerBegins = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AnswerEnds = TimeSpan.FromSeconds(30);
    private int _x = 100;

    public async Task TypeAsync(IReadOnlyList<int> keysyms, CancellationToken cancellation)
    {
        foreach (var keysym in keysyms)
        {
            if (session.HasEnded) return;
            var seen = session.Drawn;
            await session.PressAsync(keysym, cancellation);
            if (keysym != Keys.Enter)
            {
                await session.DrawnSinceAsync(seen, Echo, cancellation);
                continue;
            }

            await session.DrawnSinceAsync(seen, AnswerBegins, cancellation);
            await session.QuietAsync(AnswerEnds, cancellation);
            _x = 100 + (_x + 37) % 600;
            await session.MovePointerAsync(_x, 300, cancellation);
        }
    }
}
