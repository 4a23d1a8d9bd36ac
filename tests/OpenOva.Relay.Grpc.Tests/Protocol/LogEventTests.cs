using System.Reflection;
using Microsoft.Extensions.Logging;

namespace OpenOva.Relay.Grpc.Tests.Protocol;

[Trait("Kind", "Fast")]
public sealed class LogEventTests
{
    [Fact]
    public void EventIds_AreUnique()
    {
        var ids = typeof(global::Grpc.Core.Status).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Select(method => method.GetCustomAttribute<LoggerMessageAttribute>()?.EventId)
            .OfType<int>()
            .ToList();
        Assert.True(ids.Count > 10);
        Assert.Equal(ids.Count, ids.Distinct().Count());
    }
}
