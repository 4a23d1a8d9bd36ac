namespace OpenOva.Relay.Identity.Logout;

/// <summary>
/// Counts refused logout calls by the second, and turns all away once a second's are used up: the route needs no token, so a stranger could
/// otherwise have any number of signatures checked. Genuine calls use nothing up.
/// </summary>
internal sealed class LogoutRate(IdentityOptions options, TimeProvider time)
{
    private readonly Lock _gate = new();
    private long _since = time.GetTimestamp();
    private int _refused;

    public bool MayTry()
    {
        lock (_gate)
        {
            Roll();
            return _refused < options.RefusedLogoutsPerSecond;
        }
    }

    public void NoteRefused()
    {
        lock (_gate)
        {
            Roll();
            _refused++;
        }
    }

    private void Roll()
    {
        if (time.GetElapsedTime(_since) < TimeSpan.FromSeconds(1))
            return;
        _since = time.GetTimestamp();
        _refused = 0;
    }
}
