namespace OpenOva.Relay.Identity.Logout;

/// <summary>The sign-outs that this replica knows of, asked for every token. Bounded by the sign-outs of one <see cref="IdentityOptions.MaximumTokenLifetime"/>.</summary>
internal sealed class SignOuts
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Issuer, string SidSha256), long> _sessions = [];
    private readonly Dictionary<(string Issuer, string Subject, bool WholeAccount), (long BeforeUs, long ExpiresUs)> _accounts = [];

    public int Count
    {
        get
        {
            lock (_gate)
                return _sessions.Count + _accounts.Count;
        }
    }

    /// <summary>Takes what was read; what is known already changes nothing.</summary>
    public void Note(IEnumerable<SignOut> signOuts)
    {
        lock (_gate)
        {
            foreach (var signOut in signOuts)
                Note(signOut);
        }
    }

    /// <summary>
    /// Whether a token is of a session that has ended, or of an account from before it was signed out. One that names no session cannot be told from
    /// those of the session that ended, and so falls with it.
    /// </summary>
    public bool Refuses(string issuer, string subject, string? sid, long issuedUs)
    {
        lock (_gate)
        {
            return (sid is not null && _sessions.ContainsKey((issuer, SignOut.HashOf(sid))))
                || IsBefore((issuer, subject, true), issuedUs)
                || (sid is null && IsBefore((issuer, subject, false), issuedUs));
        }
    }

    /// <summary>Forgets what no token can be from before of any more.</summary>
    public void Forget(long nowUs)
    {
        lock (_gate)
        {
            foreach (var key in _sessions.Where(entry => entry.Value <= nowUs).Select(entry => entry.Key).ToList())
                _sessions.Remove(key);
            foreach (var key in _accounts.Where(entry => entry.Value.ExpiresUs <= nowUs).Select(entry => entry.Key).ToList())
                _accounts.Remove(key);
        }
    }

    private void Note(SignOut signOut)
    {
        if (signOut.SidSha256.Length > 0)
        {
            var session = (signOut.Issuer, signOut.SidSha256);
            _sessions[session] = Math.Max(signOut.ExpiresUs, _sessions.GetValueOrDefault(session));
        }
        if (signOut.Subject.Length == 0)
            return;
        var account = (signOut.Issuer, signOut.Subject, signOut.SidSha256.Length == 0);
        var (before, expires) = _accounts.GetValueOrDefault(account);
        _accounts[account] = (Math.Max(signOut.BeforeUs, before), Math.Max(signOut.ExpiresUs, expires));
    }

    // Within the second of the sign-out it cannot be told which came first.
    private bool IsBefore((string Issuer, string Subject, bool WholeAccount) account, long issuedUs) =>
        _accounts.TryGetValue(account, out var signedOut) && issuedUs <= signedOut.BeforeUs;
}
