using OpenOva.Relay.Verify;

return VerifyCommand.Run(args, Terminal.OfProcess());
