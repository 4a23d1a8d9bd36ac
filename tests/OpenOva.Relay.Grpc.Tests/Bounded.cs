using System.Runtime.CompilerServices;

namespace OpenOva.Relay.Grpc.Tests;

/// <summary>No await without an end: what takes this long has hung.</summary>
internal static class Bounded
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    public static async Task<T> Within<T>(this Task<T> task, [CallerLineNumber] int line = 0)
    {
        try
        {
            return await task.WaitAsync(Limit, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"The await at line {line} did not end within {Limit}.");
        }
    }

    public static async Task Within(this Task task, [CallerLineNumber] int line = 0)
    {
        try
        {
            await task.WaitAsync(Limit, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"The await at line {line} did not end within {Limit}.");
        }
    }
}
