import { createRoot } from 'react-dom/client';
import { App } from './app/App';
import { isPopupAnswer, startSession } from './session';

const popup = isPopupAnswer();
createRoot(document.getElementById('root')!).render(<App />);
if (!popup) void startSession();
