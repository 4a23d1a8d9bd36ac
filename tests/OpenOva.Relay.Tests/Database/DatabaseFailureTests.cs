using Npgsql;
using OpenOva.Relay.Database;

namespace OpenOva.Relay.Tests.Database;

[Trait("Kind", "Fast")]
public sealed class DatabaseFailureTests
{
    [Theory]
    [InlineData("28P01", DatabaseFailure.Unavailable)] // the password was changed
    [InlineData("28000", DatabaseFailure.Unavailable)]
    [InlineData("57014", DatabaseFailure.Unavailable)] // statement_timeout, or an administrator's pg_cancel_backend
    [InlineData("57P05", DatabaseFailure.Unavailable)] // idle_session_timeout
    [InlineData("57P01", DatabaseFailure.Unavailable)]
    [InlineData("25P03", DatabaseFailure.Unavailable)]
    [InlineData("25006", DatabaseFailure.Unavailable)]
    [InlineData("3D000", DatabaseFailure.Unavailable)]
    [InlineData("42501", DatabaseFailure.Unavailable)]
    [InlineData("53100", DatabaseFailure.Unavailable)]
    [InlineData("53300", DatabaseFailure.Unavailable)]
    [InlineData("08006", DatabaseFailure.Unavailable)]
    [InlineData("40001", DatabaseFailure.Conflict)]
    [InlineData("40P01", DatabaseFailure.Conflict)]
    [InlineData("23505", DatabaseFailure.None)]
    [InlineData("42P01", DatabaseFailure.None)]
    [InlineData("42601", DatabaseFailure.None)]
    public void Classify_StateOfPostgres_SaysWhetherItServesUs(string state, object expected) =>
        Assert.Equal(expected, DatabaseFailures.Classify(new PostgresException("x", "ERROR", "ERROR", state)));
}
