namespace OpenOva.Relay.Guacamole.Tests;

[Trait("Kind", "Fast")]
public sealed class GuacamoleStatusTests
{
    // Values are on the wire and in evidence: this table may only grow.
    [Theory]
    [InlineData(GuacamoleStatus.Success, 0, 200, 1000)]
    [InlineData(GuacamoleStatus.Unsupported, 256, 501, 1011)]
    [InlineData(GuacamoleStatus.ServerError, 512, 500, 1011)]
    [InlineData(GuacamoleStatus.ServerBusy, 513, 503, 1008)]
    [InlineData(GuacamoleStatus.UpstreamTimeout, 514, 504, 1011)]
    [InlineData(GuacamoleStatus.UpstreamError, 515, 502, 1011)]
    [InlineData(GuacamoleStatus.ResourceNotFound, 516, 404, 1002)]
    [InlineData(GuacamoleStatus.ResourceConflict, 517, 409, 1008)]
    [InlineData(GuacamoleStatus.ResourceClosed, 518, 404, 1002)]
    [InlineData(GuacamoleStatus.UpstreamNotFound, 519, 502, 1011)]
    [InlineData(GuacamoleStatus.UpstreamUnavailable, 520, 502, 1011)]
    [InlineData(GuacamoleStatus.SessionConflict, 521, 409, 1008)]
    [InlineData(GuacamoleStatus.SessionTimeout, 522, 408, 1002)]
    [InlineData(GuacamoleStatus.SessionClosed, 523, 404, 1002)]
    [InlineData(GuacamoleStatus.ClientBadRequest, 768, 400, 1002)]
    [InlineData(GuacamoleStatus.ClientUnauthorized, 769, 403, 1008)]
    [InlineData(GuacamoleStatus.ClientForbidden, 771, 403, 1008)]
    [InlineData(GuacamoleStatus.ClientTimeout, 776, 408, 1002)]
    [InlineData(GuacamoleStatus.ClientOverrun, 781, 413, 1009)]
    [InlineData(GuacamoleStatus.ClientBadType, 783, 415, 1003)]
    [InlineData(GuacamoleStatus.ClientTooMany, 797, 429, 1008)]
    public void Status_HasItsNumberAndItsNamesElsewhere(GuacamoleStatus status, int wire, int http, int close)
    {
        Assert.Equal(wire, (int)status);
        Assert.Equal(http, status.ToHttpStatus());
        Assert.Equal(close, status.ToWebSocketCloseCode());
        Assert.Equal(wire.ToString(System.Globalization.CultureInfo.InvariantCulture), status.ToWebSocketCloseReason());
    }

    [Fact]
    public void Table_IsComplete() => Assert.Equal(21, Enum.GetValues<GuacamoleStatus>().Length);

    [Theory]
    [InlineData("5.error,1.x,3.769;", true)]
    [InlineData("5.error,1.x,3.770;", false)]
    [InlineData("5.error,1.x,5.0x301;", false)]
    [InlineData("5.error,1.x;", false)]
    public void Status_OfAnInstruction_IsReadOrRefused(string wire, bool known)
    {
        var buffer = new System.Buffers.ReadOnlySequence<byte>(System.Text.Encoding.ASCII.GetBytes(wire));
        Assert.True(new InstructionParser().TryRead(ref buffer, out var instruction));
        Assert.Equal(known, instruction.TryGetStatus(2, out var status));
        if (known)
            Assert.Equal(GuacamoleStatus.ClientUnauthorized, status);
    }
}
