using WhatsApp.Gateway;
using WhatsApp.Silo;

return HealthQuestion.IsAsked(args) ? await HealthQuestion.AskAsync(GatewayOptions.DefaultPort) : await GatewayApp.RunAsync(args);
