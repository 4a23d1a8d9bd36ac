using System.Collections.Frozen;
using OpenOva.Relay.Database;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Logout;
using OpenOva.Relay.Sessions;
using OpenOva.Relay.Tests.Database;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Tests.Sessions;

/// <summary>Whoever watches sees nothing more once he is signed out, though his stream is open.</summary>
[Trait("Kind", "Fast")]
public sealed class WatchStandingTests() : DatabaseTests(TestDatabaseKind.Sqlite)
{
    private static readonly SignOut SignedOut = new() { Issuer = "https://sso.test", Subject = "sofia", BeforeUs = long.MaxValue, ExpiresUs = long.MaxValue };
    private readonly SignOuts _signOuts = new();

    private CallerStanding Standing => new(_signOuts, new IdentityOptions(), Time);

    private Caller Sofia => new()
    {
        Organisation = "acme", Issuer = "https://sso.test", Subject = "sofia", Roles = CallerRoles.SecurityOfficer, TokenRoles = FrozenSet<string>.Empty,
        Expires = Time.GetUtcNow().AddHours(1),
    };

    [Fact]
    public async Task Sessions_WatcherSignedOut_TokenRefused()
    {
        var watching = new SessionWatch(Db, Standing, Time).RunAsync(Sofia, true, _ => new Session(), _ => Task.CompletedTask, Cancellation);

        _signOuts.Note([SignedOut]);

        Assert.Equal(ErrorReason.TokenRefused, (await BoundedAsync(Assert.ThrowsAsync<RelayException>(() => watching))).Reason);
    }

    [Fact]
    public async Task Requests_WatcherSignedOut_TokenRefused()
    {
        var watching = new OpenOva.Relay.Access.Requests.RequestWatch(Db, null!, Standing, Time).RunAsync(Sofia, _ => Task.CompletedTask, Cancellation);

        _signOuts.Note([SignedOut]);

        Assert.Equal(ErrorReason.TokenRefused, (await BoundedAsync(Assert.ThrowsAsync<RelayException>(() => watching))).Reason);
    }
}
