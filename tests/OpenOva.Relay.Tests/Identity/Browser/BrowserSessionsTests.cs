using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using OpenOva.Relay.Identity;
using OpenOva.Relay.Identity.Browser;
using OpenOva.Relay.Identity.Logout;
using OpenOva.Relay.Telemetry;
using OpenOva.Relay.Tests.Database;
using OpenOva.Relay.V1;
using OpenOva.Relay.Web;

namespace OpenOva.Relay.Tests.Identity.Browser;

[Trait("Kind", "Fast")]
public sealed class BrowserSessionsOnSqliteTests() : BrowserSessionsTests(TestDatabaseKind.Sqlite);

[Trait("Kind", "Real")]
public sealed class BrowserSessionsOnPostgresTests() : BrowserSessionsTests(TestDatabaseKind.Postgres);

/// <summary>How long a browser stays signed in, and what ends it.</summary>
public abstract class BrowserSessionsTests(TestDatabaseKind kind) : DatabaseTests(kind)
{
    private static readonly TimeSpan LongLived = TimeSpan.FromHours(20);
    private static readonly TimeSpan ShortLived = TimeSpan.FromMinutes(5);
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(20) };
    private readonly RelayMetrics _metrics = new();
    private readonly SignOuts _signOuts = new();
    private TestIssuer _issuer = null!;
    private int _refreshes;

    protected override async Task SetUpAsync()
    {
        _issuer = await TestIssuer.StartAsync();
        Refreshes(_ => Task.FromResult<JsonObject?>(Fresh()));
    }

    protected override async Task TearDownAsync()
    {
        _metrics.Dispose();
        _http.Dispose();
        await _issuer.DisposeAsync();
    }

    [Fact]
    public async Task Find_NotUsedForLongerThanTheIdleTime_IsOver()
    {
        var sessions = Sessions();
        var secret = await SignInAsync(sessions, LongLived);

        // Use prolongs it.
        for (var n = 0; n < 3; n++)
        {
            Time.Advance(TimeSpan.FromMinutes(29));
            Assert.Equal("f3c9a1", (await sessions.FindAsync(secret, Cancellation))?.Subject);
        }

        Time.Advance(TimeSpan.FromMinutes(31));
        Assert.Null(await sessions.FindAsync(secret, Cancellation));
    }

    [Fact]
    public async Task Find_UsedForLongerThanTheLifetime_IsOver()
    {
        var sessions = Sessions();
        var secret = await SignInAsync(sessions, LongLived);

        for (var n = 0; n < 23; n++)
        {
            Time.Advance(TimeSpan.FromMinutes(25));
            Assert.NotNull(await sessions.FindAsync(secret, Cancellation));
        }

        Time.Advance(TimeSpan.FromMinutes(26));
        Assert.Null(await sessions.FindAsync(secret, Cancellation));
    }

    [Fact]
    public async Task Find_TokenExpired_IsRefreshedOnceAndHasTheRolesOfNow()
    {
        var sessions = Sessions();
        var secret = await SignInAsync(sessions, ShortLived);
        Refreshes(_ => Task.FromResult<JsonObject?>(Fresh(claims => claims["realm_access"] = new JsonObject { ["roles"] = new JsonArray("relay-reviewer") })));
        Assert.True((await sessions.FindAsync(secret, Cancellation))!.Has(CallerRoles.Operator));

        Time.Advance(TimeSpan.FromMinutes(6));
        var callers = new[] { await sessions.FindAsync(secret, Cancellation), await sessions.FindAsync(secret, Cancellation) };

        Assert.All(callers, caller => Assert.True(caller!.Has(CallerRoles.Reviewer) && !caller.Has(CallerRoles.Operator)));
        Assert.Equal(1, _refreshes);
    }

    [Fact]
    public async Task Find_ByManyCallsAtOnce_SharesOneRefresh()
    {
        var sessions = Sessions();
        var secret = await SignInAsync(sessions, ShortLived);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // As an issuer whose refresh tokens are good for one use, and which takes a second use for theft.
        Refreshes(async _ =>
        {
            asked.TrySetResult();
            await release.Task;
            return _refreshes == 1 ? Fresh() : null;
        });
        Time.Advance(TimeSpan.FromMinutes(6));

        var calls = Enumerable.Range(0, 4).Select(_ => sessions.FindAsync(secret, Cancellation)).ToList();
        await BoundedAsync(asked.Task);
        release.SetResult();

        Assert.All(await BoundedAsync(Task.WhenAll(calls)), Assert.NotNull);
        // SQLite answers while it is called, so that all four wait for the issuer by now.
        if (Kind == TestDatabaseKind.Sqlite) Assert.Equal(1, _refreshes);
    }

    [Fact]
    public async Task Find_RefreshedByAnotherReplicaMeanwhile_TakesWhatThatOneWasGiven()
    {
        var (here, elsewhere) = (Sessions(), Sessions());
        var secret = await SignInAsync(here, ShortLived);
        Refreshes(async _ =>
        {
            if (_refreshes > 1) return Fresh();
            Assert.NotNull(await elsewhere.FindAsync(secret, Cancellation));
            return null;
        });
        Time.Advance(TimeSpan.FromMinutes(6));

        Assert.Equal("f3c9a1", (await BoundedAsync(here.FindAsync(secret, Cancellation)))?.Subject);
        Assert.Equal((2, 1L), (_refreshes, await RowsAsync()));
    }

    [Theory]
    [InlineData("refused")]
    [InlineData("another subject")]
    [InlineData("another audience")]
    public async Task Find_RefreshGivesNothingOfThisPerson_IsOverForGood(string fault)
    {
        var sessions = Sessions();
        var secret = await SignInAsync(sessions, ShortLived);
        Refreshes(_ => Task.FromResult(fault == "refused" ? null : Fresh(claims => claims[fault == "another subject" ? "sub" : "aud"] = "another")));
        Time.Advance(TimeSpan.FromMinutes(6));

        Assert.Null(await sessions.FindAsync(secret, Cancellation));
        Assert.Equal(0, await RowsAsync());
        Refreshes(_ => Task.FromResult<JsonObject?>(Fresh()));
        Assert.Null(await sessions.FindAsync(secret, Cancellation));
    }

    [Fact]
    public async Task Find_SignedOutAtTheIssuer_IsOverForGoodAndNotRefreshed()
    {
        var sessions = Sessions();
        var secret = await SignInAsync(sessions, LongLived);

        _signOuts.Note([new SignOut { Issuer = _issuer.Issuer, Subject = "f3c9a1", BeforeUs = long.MaxValue, ExpiresUs = long.MaxValue }]);

        Assert.Null(await sessions.FindAsync(secret, Cancellation));
        Assert.Equal((0, 0L), (_refreshes, await RowsAsync()));
    }

    [Fact]
    public async Task Find_IssuerAway_IsUnavailableAndNotOver()
    {
        var secret = await SignInAsync(Sessions(), LongLived);
        var restarted = Sessions();

        _issuer.IsDown = true;
        Assert.Equal(ErrorReason.BackendUnavailable, (await Assert.ThrowsAsync<RelayException>(() => restarted.FindAsync(secret, Cancellation))).Reason);
        _issuer.IsDown = false;

        Assert.NotNull(await Sessions().FindAsync(secret, Cancellation));
    }

    [Fact]
    public async Task Find_RowAlteredOrSwappedWithAnothers_IsNobody()
    {
        var sessions = Sessions();
        var (one, two) = (await SignInAsync(sessions, LongLived), await SignInAsync(sessions, LongLived));

        await Db.ExecuteAsync("UPDATE browser_sessions SET sealed = (SELECT other.sealed FROM browser_sessions other WHERE other.id = @two) WHERE id = @one", new { one = one.Id, two = two.Id }, Cancellation);

        Assert.Null(await sessions.FindAsync(one, Cancellation));
        Assert.NotNull(await sessions.FindAsync(two, Cancellation));
        Assert.Null(await sessions.FindAsync(BrowserSecret.Create(), Cancellation));
    }

    [Fact]
    public async Task SignOut_OfOneBrowser_EndsThatOneAlone()
    {
        var sessions = Sessions();
        var (one, two) = (await SignInAsync(sessions, LongLived), await SignInAsync(sessions, LongLived));

        Assert.NotNull(await sessions.SignOutAsync(one, Cancellation));

        Assert.Null(await sessions.FindAsync(one, Cancellation));
        Assert.NotNull(await sessions.FindAsync(two, Cancellation));
    }

    private async Task<BrowserSecret> SignInAsync(BrowserSessions sessions, TimeSpan life)
    {
        var access = _issuer.Claims(Time.GetUtcNow());
        access["exp"] = (Time.GetUtcNow() + life).ToUnixTimeSeconds();
        var token = _issuer.Key.Sign(access);
        var caller = (await Validator().ValidateAccessTokenAsync(token, Cancellation)).Caller!;
        return await sessions.CreateAsync(new IssuerTokens(token, "refresh", null), caller, Cancellation);
    }

    private JsonObject Fresh(Action<JsonObject>? change = null)
    {
        var claims = _issuer.Claims(Time.GetUtcNow());
        change?.Invoke(claims);
        return new() { ["access_token"] = _issuer.Key.Sign(claims), ["refresh_token"] = "the next" };
    }

    private void Refreshes(Func<string, Task<JsonObject?>> answer) => _issuer.Tokens = form =>
    {
        Assert.Equal("refresh_token", form["grant_type"].ToString());
        Interlocked.Increment(ref _refreshes);
        return answer(form["refresh_token"].ToString());
    };

    private Task<long> RowsAsync() => Db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM browser_sessions", null, Cancellation);

    private IdentityOptions Identity() => new()
    {
        Issuers = [new IssuerOptions { Issuer = _issuer.Issuer, Organisation = "acme", Audience = "relay", Browser = new BrowserClientOptions { ClientId = "relay-web" } }],
    };

    private TokenValidator Validator() => new(Identity(), _http, _signOuts, Time, NullLogger<IssuerKeys>.Instance);

    private BrowserSessions Sessions()
    {
        var (options, validator) = (Identity(), Validator());
        var refused = new RefusedTokens(options, _metrics, Time, NullLogger<RefusedTokens>.Instance);
        return new(Db, options, validator, new CodeFlow(options, validator, refused, _http, Time, NullLogger<CodeFlow>.Instance), refused, Time);
    }
}
