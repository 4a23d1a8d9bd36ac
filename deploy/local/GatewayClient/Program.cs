using OpenOva.Relay.GatewayClient;

return await GatewayCommandLine.RunAsync(args);
