using System.Globalization;
using OpenOva.Relay.LedgerScale;

if (args is not [var postgres, var folder, ..])
{
    await Console.Error.WriteLineAsync("usage: ledger-scale CONNECTION-STRING FOLDER [EVENTS]   (see README.md; it makes a schema of its own and drops it)");
    return 2;
}

var events = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 1_000_000;
await using var bench = await LedgerBench.CreateAsync(postgres, folder);
await bench.MeasureCeilingAsync(Math.Min(events, 200_000));
var rate = await bench.AppendAsync(events);
var proof = await bench.ProveAsync(5_000);
var export = await bench.ExportAsync();
await new TamperRounds(export, bench.Reliance, folder).RunAsync();
return Scale.Holds("events a second appended", rate, rate >= Scale.LeastRate, $"at least {Scale.LeastRate:n0}")
    & Scale.Holds("milliseconds for an inclusion proof (99th percentile)", proof, proof < Scale.ProofLimitMs, $"below {Scale.ProofLimitMs:n0}") ? 0 : 1;
