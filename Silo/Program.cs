using WhatsApp.Silo;

return HealthQuestion.IsAsked(args) ? await HealthQuestion.AskAsync(SiloApp.DefaultPort) : await SiloApp.RunAsync(args);
