using System.Text;
using OpenOva.Relay.Evidence.Spool;

namespace OpenOva.Relay.Evidence.Tests.Spool;

internal static class SpoolFrames
{
    public static readonly Guid A = Guid.Parse("0195a0b1-c2d3-7000-8000-00000000000a");
    public static readonly Guid B = Guid.Parse("0195a0b1-c2d3-7000-8000-00000000000b");

    public static SpoolFrame Of(Guid session, ulong number, string payload = "content") =>
        new(SpoolFrameType.Output, session, 3, number, 1_767_600_000_000_000 + (long)number, 42, Encoding.UTF8.GetBytes(payload));

    public static SpoolFrame Large(Guid session, ulong number) => new(SpoolFrameType.Output, session, 3, number, 1, 2, new byte[SpoolFrame.MaxBodyBytes - SpoolFrame.BodyHeaderBytes]);

    public static (List<string> Frames, List<SpoolDamage> Damage) ReadAll(ISpoolFolder folder)
    {
        var (frames, damage) = (new List<string>(), new List<SpoolDamage>());
        SpoolReader.ReadAll(folder, (frame, at) => frames.Add($"{at.File}:{Text(frame)}"), damage.Add);
        return (frames, damage);
    }

    public static string Text(SpoolFrame frame) => $"{frame.Session.ToString()[^1]}{frame.Number}{(frame.Payload.Length > 100 ? "" : Encoding.UTF8.GetString(frame.Payload.Span))}";
}
