using OpenOva.Relay.Cli;

return await RelayCommandLine.RunAsync(args, Console.Out, Console.Error);
