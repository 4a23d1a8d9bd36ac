using System.Collections.Concurrent;

namespace OpenOva.Relay.Shared;

/// <summary>One connection inside a <see cref="FakeGuacd"/>: what its users share.</summary>
public sealed class FakeGuacdSession(string id, string protocol)
{
    private readonly ConcurrentDictionary<FakeGuacdUser, bool> _users = new();

    /// <summary>The <c>$</c> id.</summary>
    public string Id { get; } = id;

    /// <summary>The protocol that was selected.</summary>
    public string Protocol { get; } = protocol;

    /// <summary>The users past ready, in no order.</summary>
    public IReadOnlyCollection<FakeGuacdUser> Users => [.. _users.Keys];

    /// <summary>Sends one instruction to all users, as guacd does with what it draws.</summary>
    public async Task BroadcastAsync(params string[] elements)
    {
        foreach (var user in Users)
            await user.SendAsync(elements);
    }

    internal void Add(FakeGuacdUser user) => _users[user] = true;

    internal bool Remove(FakeGuacdUser user) => _users.TryRemove(user, out _) && _users.IsEmpty;
}
